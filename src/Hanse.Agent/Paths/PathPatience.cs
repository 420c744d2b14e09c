namespace Hanse.Agent.Paths;

/// <summary>How long an agent stays on its path before it looks for a better one. Pure. A network that comes and goes must not take the agent along: each move
/// doubles the wait, and four waits of calm halve it again. An agent whose better path never lasts moves about once an hour, and none can be made to move
/// more often than once in five of the least waits, but for the first few.</summary>
/// <param name="Least">The wait of an agent that has not moved for long.</param>
/// <param name="Wait">The wait after the last move.</param>
/// <param name="LastMove">When that was; null if there was none.</param>
internal sealed record PathPatience(TimeSpan Least, TimeSpan Wait, TimeSpan? LastMove)
{
    internal const int MostDoublings = 6;
    private const int Calm = 4;

    internal static PathPatience Of(TimeSpan least) => new(least, least, null);

    /// <summary>Before the next look: a quarter more or less, so that a thousand agents of one building do not come back in one second.</summary>
    /// <param name="now">Since some fixed moment.</param>
    /// <param name="dice">From 0 to 1.</param>
    internal TimeSpan NextLook(TimeSpan now, double dice) => Calmed(now) * (0.75 + (0.5 * dice));

    /// <summary>The agent leaves for a better path.</summary>
    internal PathPatience Moved(TimeSpan now) => this with
    {
        Wait = LastMove is null ? Least : TimeSpan.FromTicks(Math.Min(Calmed(now).Ticks * 2, Least.Ticks << MostDoublings)),
        LastMove = now,
    };

    private TimeSpan Calmed(TimeSpan now)
    {
        var (wait, calm) = (Wait, now - (LastMove ?? now));
        while (wait > Least && calm >= wait * Calm)
        {
            (wait, calm) = (wait / 2, calm - (wait * Calm));
        }

        return wait > Least ? wait : Least;
    }
}

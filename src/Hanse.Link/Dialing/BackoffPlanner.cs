namespace Hanse.Link.Dialing;

/// <summary>When a node tries again.</summary>
public sealed record BackoffOptions
{
    public static BackoffOptions Default { get; } = new();

    /// <summary>Upper bound of the first wait; it doubles with each failure.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The bound never grows past this.</summary>
    public TimeSpan Cap { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>No server may ask for a longer wait than this; and a share of up to a tenth is added to what it asks.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A link that lived this long counts as a success: the next wait starts from <see cref="First"/> again.</summary>
    public TimeSpan Stable { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Full jitter with a cap (L5): the wait is uniform in (0, min(cap, first × 2ⁿ)], so that a thousand nodes that lost one server
/// do not come back together. Pure: the random number is the caller's.</summary>
public static class BackoffPlanner
{
    /// <param name="failures">Tries that failed in a row; 0 right after a stable link was lost.</param>
    /// <param name="retryAfter">What the server asked for; zero if nothing. The wait is never shorter (within the permitted longest).</param>
    /// <param name="random">Uniform in [0, 1).</param>
    /// <param name="options">Bounds.</param>
    public static TimeSpan Wait(int failures, TimeSpan retryAfter, double random, BackoffOptions options)
    {
        var doubled = options.First.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures, 0, 30));
        var bound = Math.Min(options.Cap.TotalMilliseconds, doubled);
        var jitter = TimeSpan.FromMilliseconds(bound * (1 - random));
        if (retryAfter <= TimeSpan.Zero)
        {
            return jitter;
        }

        var asked = retryAfter < options.LongestRetryAfter ? retryAfter : options.LongestRetryAfter;
        return asked + TimeSpan.FromMilliseconds(Math.Max(bound, asked.TotalMilliseconds / 10) * random);
    }
}

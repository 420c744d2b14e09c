namespace Hanse.Trust.Renewal;

/// <summary>
/// When a certificate is renewed (T3): at half of its life ± 10 %, so that nodes that joined together do not renew together. After a
/// failed try again after a tenth of the time left, at least a second and at most an hour. Pure.
/// </summary>
public static class RenewalPlanner
{
    /// <summary>Certificates begin this long before they are made, for peers whose clock is behind.</summary>
    public static readonly TimeSpan Backdating = TimeSpan.FromMinutes(5);

    private const double Jitter = 0.1;
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    /// <summary>How long to sleep toward a moment: in steps, because the wall clock may jump, and in whole milliseconds, because a timer counts no less and a
    /// sleep of a fraction would be none. At least one.</summary>
    public static TimeSpan Step(DateTimeOffset now, DateTimeOffset moment, TimeSpan longest)
    {
        var left = moment - now;
        return left >= longest ? longest : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds)));
    }

    /// <summary>When a server makes its own certificate anew: at <paramref name="planned"/>, or at once if it begins in the future. A clock that was ahead made it, and
    /// nobody lets it in before its time has come.</summary>
    public static DateTimeOffset DueOfOwn(DateTimeOffset planned, DateTimeOffset notBefore, DateTimeOffset now) => notBefore > now ? now : planned;

    /// <summary>The moment of the first try. It lies between 40 % and 60 % of the life, counted from when the certificate was made.</summary>
    public static DateTimeOffset FirstTry(DateTimeOffset notBefore, DateTimeOffset notAfter, Random random)
    {
        var made = notBefore + Backdating;
        var life = notAfter - made;
        var share = 0.5 + (Jitter * ((2 * random.NextDouble()) - 1));
        return life > TimeSpan.Zero ? made + (life * share) : made;
    }

    /// <summary>The moment of the next try after one that failed at <paramref name="failedAt"/>. Tries go on after the end: the
    /// node may return within the window of T6.</summary>
    public static DateTimeOffset NextTry(DateTimeOffset notAfter, DateTimeOffset failedAt, Random random)
    {
        var wait = (notAfter - failedAt) / 10;
        wait = wait > LongestRetry ? LongestRetry : wait < ShortestRetry ? ShortestRetry : wait;
        // Past the end there is nothing to hurry for: the usual pace of a node that cannot reach its server.
        wait = failedAt >= notAfter ? TimeSpan.FromMinutes(1) : wait;
        return failedAt + (wait * (1 + (Jitter * ((2 * random.NextDouble()) - 1))));
    }
}

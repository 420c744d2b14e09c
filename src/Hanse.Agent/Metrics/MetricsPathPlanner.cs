namespace Hanse.Agent.Metrics;

/// <summary>Whether samples go by datagram or over the link, by what the site says has arrived. Pure. It begins on the link with a probe at once. After a
/// fall it wants three probes to arrive, and waits longer before each next try, so that a path that comes and goes moves nobody to and fro.</summary>
internal static class MetricsPathPlanner
{
    /// <summary>Of datagrams sent by, after which the site is asked.</summary>
    internal const int Window = 6;

    /// <summary>Probes that must arrive after a fall.</summary>
    internal const int ProbesAfterFall = 3;
    private const int LongestWait = 30;
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(1);

    /// <summary>A path that held so long owes nothing for earlier falls.</summary>
    private static readonly TimeSpan Forgiven = TimeSpan.FromHours(1);

    /// <summary>A new key on a new link: nothing is known of the path.</summary>
    internal static MetricsPath Begin(TimeSpan now) => new(false, 0, 0, 0, now, 1);

    /// <summary>A datagram left, a probe or a sample.</summary>
    internal static MetricsPath Sent(MetricsPath path) => path with { Unconfirmed = path.Unconfirmed + 1 };

    internal static bool WantsProbe(MetricsPath path, TimeSpan now) => !path.ByDatagram && path.Unconfirmed == 0 && now >= path.Since;

    internal static bool WantsReceipt(MetricsPath path) => path.ByDatagram && path.Unconfirmed >= Window;

    /// <summary>The site says how many datagrams of this key it has taken in all.</summary>
    internal static MetricsPath Heard(MetricsPath path, ulong received, TimeSpan now)
    {
        if (path.Unconfirmed == 0)
        {
            return path with { Received = received };
        }

        var arrived = received - Math.Min(received, path.Received);
        var heard = path with { Received = received, Unconfirmed = 0 };
        if (path.ByDatagram)
        {
            return arrived * 2 >= (ulong)path.Unconfirmed
                ? heard with { Falls = now - path.Since >= Forgiven ? 0 : path.Falls }
                : Fallen(heard, path.Falls + 1, now);
        }

        var wanted = path.ProbesWanted - 1;
        return arrived == 0 ? Fallen(heard, path.Falls + 1, now)
            : wanted > 0 ? heard with { ProbesWanted = wanted }
            : heard with { ByDatagram = true, Since = now };
    }

    private static MetricsPath Fallen(MetricsPath path, int falls, TimeSpan now) => path with
    {
        ByDatagram = false, Falls = falls, ProbesWanted = ProbesAfterFall, Since = now + (Wait * Math.Min(LongestWait, 1 << Math.Min(falls - 1, 5))),
    };
}

/// <summary>Where samples go, and why.</summary>
/// <param name="ByDatagram">Otherwise over the link.</param>
/// <param name="Unconfirmed">Datagrams sent since the last receipt.</param>
/// <param name="Received">As the last receipt counted.</param>
/// <param name="Falls">How often the path failed, until forgiven.</param>
/// <param name="Since">By datagram: since when. Over the link: from when on a probe may be sent.</param>
/// <param name="ProbesWanted">Probes still to arrive.</param>
internal readonly record struct MetricsPath(bool ByDatagram, int Unconfirmed, ulong Received, int Falls, TimeSpan Since, int ProbesWanted);

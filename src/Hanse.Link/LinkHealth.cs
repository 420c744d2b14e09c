namespace Hanse.Link;

/// <summary>How a link stands, in the words of the architecture.</summary>
public enum LinkHealth
{
    /// <summary>No link.</summary>
    Offline,

    /// <summary>There is a link, but the peer is overdue, or the clocks are far apart.</summary>
    Degraded,

    Online,
}

/// <summary>Judges a live link. Pure.</summary>
public static class LinkHealthPlanner
{
    /// <summary>Beyond this skew, certificates and deadlines begin to be judged differently on the two sides.</summary>
    public static TimeSpan WorryingSkew { get; } = TimeSpan.FromMinutes(5);

    /// <summary>A peer is overdue after one heartbeat and a half.</summary>
    public static LinkHealth Judge(TimeSpan silentFor, TimeSpan heartbeat, TimeSpan skew) =>
        silentFor > heartbeat * 1.5 || skew.Duration() > WorryingSkew ? LinkHealth.Degraded : LinkHealth.Online;

    public static LinkHealth Judge(NodeLink? link) =>
        link is null || link.End is not null ? LinkHealth.Offline : Judge(link.SilentFor, link.Heartbeat, link.Peer.ClockSkew);
}

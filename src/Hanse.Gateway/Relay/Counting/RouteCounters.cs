using System.Runtime.InteropServices;

namespace Hanse.Gateway.Relay.Counting;

/// <summary>Counters of one route in one worker; only that worker writes them, anybody may read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteCounters
{
    /// <summary>Connections that were relayed, from the start on.</summary>
    internal long Opened;

    /// <summary>Connections now: waiting for an upstream, and relayed.</summary>
    internal long Dialing;
    internal long Live;

    internal long BytesFromClient;
    internal long BytesFromUpstream;

    internal long Dials;
    internal long FailedDials;

    internal long ResetsByClient;
    internal long ResetsByUpstream;

    /// <summary>Connections refused for this route: rejected, over its limit, without an upstream.</summary>
    internal long Refused;

    /// <summary>Sum over the dials that succeeded; with <see cref="Opened"/> the mean latency of upstreams.</summary>
    internal long DialMicroseconds;

    /// <summary>The same dials, by how long each took.</summary>
    internal LatencyBuckets Dialled;

    internal void Add(in RouteCounters other)
    {
        Opened += other.Opened;
        Dialing += other.Dialing;
        Live += other.Live;
        BytesFromClient += other.BytesFromClient;
        BytesFromUpstream += other.BytesFromUpstream;
        Dials += other.Dials;
        FailedDials += other.FailedDials;
        ResetsByClient += other.ResetsByClient;
        ResetsByUpstream += other.ResetsByUpstream;
        Refused += other.Refused;
        DialMicroseconds += other.DialMicroseconds;
        Dialled.Add(in other.Dialled);
    }
}

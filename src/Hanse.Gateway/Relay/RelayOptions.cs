using System.Net;

namespace Hanse.Gateway.Relay;

/// <summary>How the relay listens and what it allows.</summary>
internal sealed record RelayOptions
{
    /// <summary>Where clients connect; empty for the default, <c>[::]:443</c>.</summary>
    internal IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    internal int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 64);

    /// <summary>Connections at a time, overall; 0 for what the limit of open files allows.</summary>
    internal int MaxConnections { get; init; }

    /// <summary>Connections at a time of one client address (IPv6: of one /64); 0 for no limit.</summary>
    internal int MaxPerSource { get; init; }

    /// <summary>Clients of one address (IPv6: of one /64) at a time of whose hello something is missing; 0 for no limit. One whose hello is there when it is looked at is
    /// never among them, so that many agents behind one address meet it only when somebody there holds hellos back.</summary>
    internal int MaxHellosPerSource { get; init; } = 512;

    /// <summary>New connections a second of one address (IPv6: of one /64), on the average; at once ten times as many. 0 for no limit. Far above what thousands of agents behind
    /// one address need, who spread their returns; it bounds what one address costs the servers behind.</summary>
    internal int MaxRatePerSource { get; init; } = 500;

    /// <summary>Each so-many-th routed connection is logged; 0 for none.</summary>
    internal int AccessLogEvery { get; init; }

    /// <summary>Take everything over from the gateway that runs here, if one does.</summary>
    internal bool TakeOver { get; init; }

    /// <summary>Connections of a route that this process does not know go on when they are taken over. Otherwise they are cut: the route was removed (G1).</summary>
    internal bool KeepsUnknownRoutes { get; init; }

    /// <summary>The Unix socket on which the next process asks for everything.</summary>
    internal string TakeoverSocket { get; init; } = "/run/hanse-gateway/takeover.sock";

    /// <summary>A ClientHello must be complete by then.</summary>
    internal TimeSpan HelloDeadline { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>An upstream address must have answered by then, or the next one is tried.</summary>
    internal TimeSpan DialDeadline { get; init; } = TimeSpan.FromSeconds(3);
}

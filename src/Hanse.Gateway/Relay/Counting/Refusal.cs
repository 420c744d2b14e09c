namespace Hanse.Gateway.Relay.Counting;

/// <summary>Why a connection was not relayed. Each has a counter; the answers are in docs/components/gateway-relay.md.</summary>
internal enum Refusal
{
    /// <summary>No TLS: plain HTTP, SSLv2, garbage.</summary>
    NotTls,

    /// <summary>A hello that breaks the rules.</summary>
    Malformed,

    /// <summary>A hello above 16 KiB.</summary>
    TooLarge,

    /// <summary>The hello was not complete by its deadline, or it was the oldest when too many were open.</summary>
    TooSlow,

    /// <summary>The client left before it had a route or an upstream.</summary>
    ClientLeft,

    /// <summary>No server name, and no default route.</summary>
    NoName,

    /// <summary>No route has the name.</summary>
    UnknownName,

    /// <summary>The route rejects.</summary>
    Rejected,

    /// <summary>Too many connections overall, or no descriptor left.</summary>
    OverallLimit,

    /// <summary>Too many connections of this source.</summary>
    SourceLimit,

    /// <summary>Too many clients of this source hold back their hello.</summary>
    SourceHellos,

    /// <summary>Too many new connections of this source in a short time.</summary>
    SourceRate,

    /// <summary>Too many connections of the route.</summary>
    RouteLimit,

    /// <summary>No address of the route answered.</summary>
    NoUpstream,
}

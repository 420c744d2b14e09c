using System.Net;

namespace Hanse.Gateway.Routes;

/// <summary>One route as a file or a snapshot gives it: which server names, and where they go.</summary>
/// <param name="Key">Names the route in counters and logs, and says over a change whether it is still the same one.</param>
/// <param name="ServerNames">In the form of <see cref="ServerName.TryPattern"/>: a name, or <c>*.</c> and a name.</param>
/// <param name="Addresses">Where it goes; empty for a route that rejects, and for one whose addresses are not known yet.</param>
internal sealed record RouteSpec(string Key, IReadOnlyList<string> ServerNames, IReadOnlyList<IPEndPoint> Addresses)
{
    /// <summary>Of a snapshot's route to the coordinator; the others of a snapshot have the id of their site.</summary>
    internal const string CoordinatorKey = "coordinator";

    /// <summary>What may be dialled for one connection, and the length of <see cref="Addresses"/>.</summary>
    internal const int MostAddresses = 32;

    internal UpstreamChoice Choice { get; init; }

    /// <summary>The upstream is told the client's address by the PROXY protocol, version 2.</summary>
    internal bool ProxyProtocol { get; init; }

    /// <summary>Of the site's datagrams (G2); 0: it takes none.</summary>
    internal uint RouteId { get; init; }

    /// <summary>The first of them gets a copy of each datagram.</summary>
    internal IReadOnlyList<IPEndPoint> StandbyAddresses { get; init; } = [];

    /// <summary>Of the source of a datagram the site is told a pseudonym alone.</summary>
    internal bool Pseudonymous { get; init; }

    /// <summary>These names are refused, whatever wildcard or default there is.</summary>
    internal bool Reject { get; init; }

    /// <summary>It also takes clients that name no server, and names that no other route has.</summary>
    internal bool IsDefault { get; init; }

    /// <summary>Live connections; 0 for no limit.</summary>
    internal int MaxConnections { get; init; }

    /// <summary>A connection on which no byte moved for so long is closed; zero for never.</summary>
    internal TimeSpan IdleTimeout { get; init; }

    /// <summary>True if everything is as in the other, the order of names and addresses too. A record's own comparison takes two equal lists for different ones.</summary>
    internal bool IsSameAs(RouteSpec other) =>
        ServerNames.SequenceEqual(other.ServerNames, StringComparer.Ordinal) && Addresses.SequenceEqual(other.Addresses) && StandbyAddresses.SequenceEqual(other.StandbyAddresses)
        && this == other with { ServerNames = ServerNames, Addresses = Addresses, StandbyAddresses = StandbyAddresses };
}

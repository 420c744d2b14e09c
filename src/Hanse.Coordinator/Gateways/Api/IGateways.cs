using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Gateways.Api;

/// <summary>The registry of gateways, for other slices.</summary>
public interface IGateways
{
    /// <summary>By id or name; a removed gateway is found by id alone.</summary>
    Task<GatewayRow?> FindAsync(string idOrName, CancellationToken cancellation);

    Task<IReadOnlyList<GatewayRow>> ListAsync(CancellationToken cancellation);

    /// <summary>host:port of every gateway that leads to the site now; of one that drains not.</summary>
    Task<IReadOnlyList<string>> AddressesToAsync(Guid site, CancellationToken cancellation);

    /// <summary>Adds a pending gateway. Null if another one that is not removed bears the name.</summary>
    Task<GatewayRow?> AddAsync(NpgsqlTransaction transaction, NewGateway gateway, CancellationToken cancellation);

    /// <summary>A gateway was given a certificate, at joining or at a renewal: pending becomes enrolled.</summary>
    Task EnrollAsync(NpgsqlTransaction transaction, GatewayId gateway, byte[] certificate, DateTimeOffset notAfter, string? softwareVersion, CancellationToken cancellation);
}

/// <summary>What an invitation says of a gateway that does not exist yet.</summary>
/// <param name="Id">Never reused.</param>
/// <param name="Name">For people.</param>
/// <param name="Addresses">host:port under which it is reached from outside.</param>
/// <param name="Sites">Null: all, also those to come.</param>
/// <param name="Console">Whether it has a route to the coordinator.</param>
/// <param name="Pseudonyms">Whether its datagrams hide sources' addresses.</param>
/// <param name="Standbys">By site: where its datagrams go as well.</param>
public sealed record NewGateway(
    GatewayId Id, string Name, IReadOnlyList<string> Addresses, IReadOnlyList<SiteId>? Sites, bool Console, bool Pseudonyms,
    IReadOnlyDictionary<SiteId, IReadOnlyList<string>> Standbys);

/// <summary>Where a gateway stands in its life.</summary>
public enum GatewayLifecycle
{
    Pending = 0,
    Enrolled = 1,
    Removed = 3,
}

/// <summary>One gateway of the registry, with what it last told of itself.</summary>
public sealed class GatewayRow
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required short Status { get; init; }
    public required string[] Addresses { get; init; }
    public Guid[]? Sites { get; init; }
    public bool Console { get; init; }
    public bool Pseudonyms { get; init; }

    /// <summary>JSON: lists of addresses by site id.</summary>
    public string Standbys { get; init; } = "{}";
    public bool Draining { get; init; }
    public int DrainWindowMs { get; init; }
    public long RoutesNumber { get; init; }
    public byte[]? RoutesDigest { get; init; }
    public long ObservedNumber { get; init; }
    public byte[]? Certificate { get; init; }
    public DateTimeOffset? CertificateExpiresAt { get; init; }
    public string? SoftwareVersion { get; init; }

    /// <summary>The newest <c>GatewayReport</c>, serialized.</summary>
    public byte[]? Report { get; init; }
    public DateTimeOffset? ReportedAt { get; init; }
    public string? LastErrorCode { get; init; }
    public string? LastErrorMessage { get; init; }
    public DateTimeOffset? LastErrorAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EnrolledAt { get; init; }

    public GatewayId GatewayId => new(Id);

    public GatewayLifecycle Lifecycle => (GatewayLifecycle)Status;

    /// <summary>Whether it was invited for the site.</summary>
    public bool Serves(Guid site) => Sites is null || Sites.Contains(site);
}

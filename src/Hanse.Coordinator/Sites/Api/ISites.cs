using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Sites.Api;

/// <summary>The site registry, for other slices.</summary>
public interface ISites
{
    /// <summary>By id or name; a removed site is found by id alone.</summary>
    Task<SiteRow?> FindAsync(string idOrName, CancellationToken cancellation);

    Task<IReadOnlyList<SiteRow>> ListAsync(CancellationToken cancellation);

    /// <summary>Adds a pending site. Null if another site that is not removed bears the name.</summary>
    Task<SiteRow?> AddAsync(NpgsqlTransaction transaction, NewSite site, CancellationToken cancellation);

    /// <summary>Moves a site on in its life, if it is in one of the states <paramref name="from"/> now. Null if it is not: nothing is changed. Its
    /// desired state has changed with it (D1).</summary>
    Task<SiteRow?> ChangeAsync(
        NpgsqlTransaction transaction, SiteId site, IReadOnlyCollection<SiteLifecycle> from, SiteLifecycle to, string reason, CancellationToken cancellation);

    /// <summary>Something that is part of every site's desired state has changed (D1).</summary>
    Task RaiseGenerationsAsync(NpgsqlTransaction transaction, CancellationToken cancellation);

    /// <summary>A site redeemed its token: pending becomes enrolled, its addresses are noted.</summary>
    Task EnrollAsync(NpgsqlTransaction transaction, SiteId site, string softwareVersion, DateTimeOffset intermediateExpires, CancellationToken cancellation);
}

/// <summary>What an invitation says of a site that does not exist yet.</summary>
public sealed record NewSite(
    SiteId Id, string Name, IReadOnlyList<string> ExternalNames, IReadOnlyList<string> Addresses, string? Location, double? Latitude, double? Longitude,
    TimeSpan SyncInterval);

/// <summary>Where a site stands in its life.</summary>
public enum SiteLifecycle
{
    Pending = 0,
    Enrolled = 1,
    Suspended = 2,
    Removed = 3,
}

/// <summary>One site of the registry, with what it last told of itself.</summary>
public sealed class SiteRow
{
    /// <summary>Small key for tables with a row a host.</summary>
    public required int Key { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required short Status { get; init; }
    public required string[] ExternalNames { get; init; }
    public required string[] Addresses { get; init; }
    public string? Location { get; init; }
    public double? Latitude { get; init; }
    public double? Longitude { get; init; }
    public long Generation { get; init; }
    public long ObservedGeneration { get; init; }
    public long HostCount { get; init; }
    public long OnlineCount { get; init; }
    public long QueueDepth { get; init; }
    public string? SoftwareVersion { get; init; }
    public DateTimeOffset? LastSyncAt { get; init; }
    public DateTimeOffset? IntermediateExpiresAt { get; init; }
    public int SyncMs { get; init; }
    public string StatusReason { get; init; } = "";
    public DateTimeOffset? StatusChangedAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EnrolledAt { get; init; }

    /// <summary>What the site last told of its outbox, as JSON.</summary>
    public string Queues { get; init; } = "[]";
    public long ReplayMs { get; init; }

    /// <summary>Why its last link ended.</summary>
    public string? LastErrorCode { get; init; }
    public string? LastErrorMessage { get; init; }
    public DateTimeOffset? LastErrorAt { get; init; }

    public SiteId SiteId => new(Id);

    public SiteLifecycle Lifecycle => (SiteLifecycle)Status;
}

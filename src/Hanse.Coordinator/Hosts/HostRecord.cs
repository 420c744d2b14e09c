using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Hosts;

/// <summary>A host as the API shows it. <see cref="Status"/> is the last one reported; while <see cref="SiteLink"/> is offline it is as
/// old as <see cref="Freshness"/>, the last time the site reported anything.</summary>
public sealed record HostRecord
{
    public required HostId Id { get; init; }

    public required string Hostname { get; init; }

    /// <summary>Name of the site.</summary>
    public required string Site { get; init; }

    public required SiteId SiteId { get; init; }

    public required IReadOnlyList<string> Addresses { get; init; }

    public required string Os { get; init; }

    public required string OsFamily { get; init; }

    public required string Kernel { get; init; }

    public required string AgentVersion { get; init; }

    /// <summary><c>online</c>, <c>offline</c>, <c>quarantined</c> or <c>banned</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Reported and assigned together.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Those of <see cref="Tags"/> that were set at the coordinator.</summary>
    public required IReadOnlyList<string> AssignedTags { get; init; }

    /// <summary>For an online host this is its site's last report.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary><c>online</c> or <c>offline</c>: whether the site is connected.</summary>
    public required string SiteLink { get; init; }

    /// <summary>When the site last reported; null if it never did.</summary>
    public DateTimeOffset? Freshness { get; init; }

    /// <summary>Of the site, where it is known.</summary>
    public double? Latitude { get; init; }

    public double? Longitude { get; init; }
}

using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Site.Agents.Api;

/// <summary>What other slices may ask and tell about the hosts of this site.</summary>
public interface IHosts
{
    /// <summary>Every host that is not removed, by hostname.</summary>
    Task<IReadOnlyList<HostRow>> ListAsync(string? search, int limit, CancellationToken cancellation);

    /// <summary>Hosts by id or exact hostname; a name that two hosts bear gives both.</summary>
    Task<IReadOnlyList<HostRow>> FindAsync(IReadOnlyCollection<string> idsOrNames, CancellationToken cancellation);

    /// <summary>How many hosts there are, and how many of them are connected.</summary>
    Task<(long All, long Online)> CountAsync(CancellationToken cancellation);

    /// <summary>Which of these ids are hosts of this site, neither removed nor banned.</summary>
    Task<IReadOnlySet<HostId>> KnownAsync(NpgsqlTransaction transaction, IReadOnlyCollection<HostId> hosts, CancellationToken cancellation);

    /// <summary>Takes over what the inventory says a host is called and runs, and sends its directory row up if that changed.</summary>
    Task DescribeAsync(NpgsqlTransaction transaction, HostId host, HostFacts facts, CancellationToken cancellation);

    /// <summary>Takes a host out (J4: its row stays, its id is never given again), or bans its key (T6). False if unknown.</summary>
    Task<bool> RemoveAsync(HostId host, bool ban, string actor, string reason, CancellationToken cancellation);

    /// <summary>Replaces the tags that the coordinator has set: a host that is not named has none.</summary>
    Task TagAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<HostId, string[]> tags, CancellationToken cancellation);
}

/// <summary>What the directory shows of a host, as its inventory tells it. A null is left as it was.</summary>
public sealed record HostFacts(
    string? Hostname = null, string? MachineId = null, string? BootId = null, string? Os = null, string? OsFamily = null, string? Kernel = null,
    IReadOnlyList<byte[]>? Addresses = null);

/// <summary>A host as this site holds it.</summary>
public class HostRow
{
    public required Guid Id { get; init; }
    public required string Hostname { get; init; }
    public string MachineId { get; init; } = "";
    public required short Status { get; init; }
    public string StatusReason { get; init; } = "";
    public string AgentVersion { get; init; } = "";
    public string Os { get; init; } = "";
    public string OsFamily { get; init; } = "";
    public string Kernel { get; init; } = "";
    public byte[][] Addresses { get; init; } = [];
    public string[] Tags { get; init; } = [];
    public required DateTime LastSeen { get; init; }
    public DateTime? RemovedAt { get; init; }
}

using System.Net;

namespace Hanse.Coordinator.Hosts;

/// <summary>One reported host that passed <see cref="HostEntryReader"/>; <see cref="Deleted"/> entries carry nothing but their version.</summary>
internal sealed record HostEntry
{
    public required Guid Id { get; init; }

    /// <summary>Version within the batch's epoch (U2).</summary>
    public required long Counter { get; init; }

    public bool Deleted { get; init; }

    public string Hostname { get; init; } = "";

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    public string Os { get; init; } = "";

    public string OsFamily { get; init; } = "";

    public string AgentVersion { get; init; } = "";

    public string Kernel { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public short Status { get; init; }

    public DateTime LastSeen { get; init; }

    /// <summary>First eight bytes of the machine id's hash; 0 when it is not known.</summary>
    public long Machine { get; init; }
}

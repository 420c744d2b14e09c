using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>What to search for; everything given must hold.</summary>
internal sealed record HostQuery
{
    /// <summary>Part of a hostname in any case, an id or its beginning (8 digits or more), or an address as in <see cref="Address"/>.</summary>
    public string? Text { get; init; }

    /// <summary>Name or id of the site.</summary>
    public string? Site { get; init; }

    /// <summary>An address, a CIDR network, or how an address begins (“10.1.”).</summary>
    public AddressPattern? Address { get; init; }

    /// <summary>Each of these is reported by the host or assigned at the coordinator.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Part of the operating system or its family, in any case.</summary>
    public string? Os { get; init; }

    public HostStatus? Status { get; init; }

    public int Limit { get; init; } = 100;

    public HostCursor? After { get; init; }

    public bool ExactCount { get; init; }
}

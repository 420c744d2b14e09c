using System.Buffers.Binary;
using System.Net;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Directory;

/// <summary>What the host directory keeps of a reported host, in the one form in which it is kept; when the host was last seen is not part of it.
/// Both sides make it by this code, so equal hosts are equal here.</summary>
public sealed record HostContent
{
    /// <summary>Addresses beyond these are left out of the directory (container hosts have thousands); the site has them all.</summary>
    public const int MaxAddresses = 64;

    /// <summary>In lower case: names of hosts are compared without case, and folding once spares every search the folding.</summary>
    public required string Hostname { get; init; }

    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    public required string Os { get; init; }

    public required string OsFamily { get; init; }

    public required string AgentVersion { get; init; }

    public required string Kernel { get; init; }

    /// <summary>The reported ones.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    public required HostStatus Status { get; init; }

    /// <summary>First eight bytes of the machine id's hash; 0 when it is not known.</summary>
    public required long Machine { get; init; }

    /// <summary>Never fails: an address that is none is left out. Whether a host may be stored is judged elsewhere.</summary>
    public static HostContent Of(HostState host) => new()
    {
        Hostname = host.Hostname.ToLowerInvariant(),
        Addresses = [.. host.Addresses.Where(a => a.Length is 4 or 16).Select(a => Plain(new IPAddress(a.Span))).Distinct().Take(MaxAddresses)],
        Os = host.Os,
        OsFamily = host.OsFamily,
        AgentVersion = host.AgentVersion,
        Kernel = host.Kernel,
        Tags = SortTags(host.Tags),
        Status = host.Status,
        Machine = host.MachineIdHash.Length < 8 ? 0 : BinaryPrimitives.ReadInt64BigEndian(host.MachineIdHash.Span),
    };

    /// <summary>Sorted and without repetition, so that equal sets are equal rows and cost no index update.</summary>
    public static string[] SortTags(IEnumerable<string> tags) => [.. tags.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

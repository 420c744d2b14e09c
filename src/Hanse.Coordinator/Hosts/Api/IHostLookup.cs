using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Hosts.Api;

/// <summary>Finds hosts by what people type.</summary>
public interface IHostLookup
{
    /// <summary>
    /// Resolves ids and hostnames, all in one query, in the order given. A text is taken as an id first, then as a whole hostname in any case.
    /// </summary>
    Task<IReadOnlyList<HostMatch>> ResolveAsync(IReadOnlyList<string> idsOrHostnames, CancellationToken cancellation);
}

/// <summary>What a text stands for: exactly one target, none (unknown), or several (an ambiguous hostname; at most ten are listed).</summary>
public sealed record HostMatch(string Text, IReadOnlyList<HostTarget> Targets)
{
    /// <summary>The one host meant, or null when there is none or more than one.</summary>
    public HostTarget? Single => Targets.Count == 1 ? Targets[0] : null;
}

/// <summary>A host and the site that owns it.</summary>
public sealed record HostTarget(HostId Id, SiteId Site, int SiteKey, string SiteName, string Hostname);

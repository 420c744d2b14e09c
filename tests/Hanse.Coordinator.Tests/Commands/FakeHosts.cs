using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Tests.Commands;

/// <summary>A host directory in memory.</summary>
internal sealed class FakeHosts : IHostLookup
{
    private readonly List<HostTarget> _hosts = [];

    public HostTarget Add(SiteId site, string hostname)
    {
        var host = new HostTarget(HostId.New(), site, 1, $"site-{site}", hostname);
        _hosts.Add(host);
        return host;
    }

    public Task<IReadOnlyList<HostMatch>> ResolveAsync(IReadOnlyList<string> idsOrHostnames, CancellationToken cancellation)
    {
        var (ids, names) = (_hosts.ToLookup(h => h.Id.ToString()), _hosts.ToLookup(h => h.Hostname, StringComparer.OrdinalIgnoreCase));
        return Task.FromResult<IReadOnlyList<HostMatch>>(
            [.. idsOrHostnames.Select(t => new HostMatch(t, ids.Contains(t) ? [.. ids[t]] : [.. names[t]]))]);
    }
}

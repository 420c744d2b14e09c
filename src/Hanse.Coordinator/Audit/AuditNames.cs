using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Audit;

/// <summary>What people call the nodes that the audit log knows by identity.</summary>
internal sealed class AuditNames(ISites sites)
{
    public async Task<Func<string, string>> ReadAsync(CancellationToken cancellation)
    {
        var names = (await sites.ListAsync(cancellation)).ToDictionary(s => s.SiteId, s => s.Name);
        return identity => NodeIdentity.TryParse(identity, out var node) && node.Site is { } site
            ? names.TryGetValue(site, out var name) ? $"site {name}" : $"site {site}"
            : "the coordinator";
    }
}

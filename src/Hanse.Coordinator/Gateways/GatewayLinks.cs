using System.Collections.Concurrent;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Gateways;

/// <summary>The links of gateways that this replica holds. A newer one takes the place of an older one.</summary>
internal sealed class GatewayLinks
{
    private readonly ConcurrentDictionary<GatewayId, NodeLink> _links = new();

    public event Action<GatewayId>? CameOnline;

    public IReadOnlyCollection<GatewayId> Connected => [.. _links.Keys];

    public void Add(GatewayId gateway, NodeLink link)
    {
        NodeLink? older = null;
        _links.AddOrUpdate(gateway, link, (_, held) =>
        {
            older = held;
            return link;
        });
        if (older is not null)
        {
            _ = older.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "A newer link of this gateway has come up.")).AsTask();
        }

        CameOnline?.Invoke(gateway);
    }

    /// <summary>False if a newer link has taken its place.</summary>
    public bool Remove(GatewayId gateway, NodeLink link) => _links.TryRemove(new(gateway, link));

    public NodeLink? Find(GatewayId gateway) => _links.GetValueOrDefault(gateway);

    public async Task CutAsync(GatewayId gateway, Error why)
    {
        if (Find(gateway) is { } link)
        {
            await link.CloseAsync(why);
        }
    }

    /// <summary>online, degraded (heartbeats are missing) or offline.</summary>
    public string Health(GatewayId gateway) => LinkHealthPlanner.Judge(Find(gateway)).ToString().ToLowerInvariant();
}

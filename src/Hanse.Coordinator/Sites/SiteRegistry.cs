using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Sites;

/// <summary>Links as the database and this replica hold them.</summary>
internal sealed class SiteRegistry(SiteStore store, SiteLinks links) : ISiteRegistry
{
    public Task<long> RaiseFenceAsync(SiteId site, Guid replica, string address, CancellationToken cancellation) =>
        store.RaiseFenceAsync(site, replica, address, cancellation);

    public void SetSuspended(SiteId site, bool suspended) => links.SetSuspended(site, suspended);

    public void LinkOpened(SiteId site, NodeLink link) => links.Add(site, link);

    public Task LinkEndedAsync(SiteId site, NodeLink link, Error why, CancellationToken cancellation) =>
        links.Remove(site, link) ? store.EndLinkAsync(site, (long)link.Fence, why, cancellation) : Task.CompletedTask;

    public Task SetStatusAsync(SiteId site, SiteStatus status, CancellationToken cancellation) => store.SetStatusAsync(site, status, cancellation);
}

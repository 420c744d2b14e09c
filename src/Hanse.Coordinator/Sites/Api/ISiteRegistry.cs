using Hanse.Link;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Sites.Api;

/// <summary>What the uplink tells the registry of the sites' links (L6).</summary>
public interface ISiteRegistry
{
    /// <summary>A link is coming up: raises the fence, so that batches of an older link are no longer applied.</summary>
    Task<long> RaiseFenceAsync(SiteId site, Guid replica, string address, CancellationToken cancellation);

    /// <summary>What the registry says of the site, before its link comes up: a suspended one is given no work from the first moment.</summary>
    void SetSuspended(SiteId site, bool suspended);

    /// <summary>The link is up and takes the place of an older one.</summary>
    void LinkOpened(SiteId site, NodeLink link);

    /// <summary>The link is gone; nothing is noted if a newer one has taken its place.</summary>
    Task LinkEndedAsync(SiteId site, NodeLink link, Error why, CancellationToken cancellation);

    Task SetStatusAsync(SiteId site, SiteStatus status, CancellationToken cancellation);
}

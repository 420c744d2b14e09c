using Hanse.Link.Dialing;

namespace Hanse.Site.Uplink.Api;

/// <summary>How the way up stands.</summary>
public interface IUplinkStatus
{
    /// <summary>Null until the site has joined.</summary>
    LinkStatus? Link { get; }

    Task<QueueDepth> DepthAsync(CancellationToken cancellation);
}

/// <summary>Entries waiting for the coordinator, and since when the oldest record among them waits.</summary>
public sealed record QueueDepth(long Waiting, DateTime? Oldest);

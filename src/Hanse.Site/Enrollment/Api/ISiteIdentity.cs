using Hanse.Link.Dialing;
using Hanse.Protocol.Ids;

namespace Hanse.Site.Enrollment.Api;

/// <summary>Who this site is, once it has joined.</summary>
public interface ISiteIdentity
{
    /// <summary>Null until the site has joined.</summary>
    SiteSelf? Self { get; }

    /// <summary>Waits until the site has joined.</summary>
    Task<SiteSelf> JoinedAsync(CancellationToken cancellation);

    /// <summary>Where the coordinator is; asked at each try.</summary>
    LinkTarget Coordinator { get; }

    /// <summary>This site's proof and judgement toward the coordinator.</summary>
    LinkTls CoordinatorTls();

    /// <summary>The coordinator accepts nothing now; what goes up is kept until it does again.</summary>
    bool IsSuspended { get; }

    /// <summary>How often the coordinator wishes to be told the status while nothing changes; null where it has no wish.</summary>
    TimeSpan? SyncInterval { get; }

    /// <summary>The generation of desired state that is held (D1).</summary>
    ulong ObservedGeneration { get; }
}

/// <summary>The site's place in its federation.</summary>
public sealed record SiteSelf(NodeIdentity Identity, string Name, IReadOnlyList<string> ExternalNames, DateTimeOffset IntermediateNotAfter)
{
    public FederationId Federation => Identity.Federation;

    public SiteId Id => Identity.Site!.Value;
}

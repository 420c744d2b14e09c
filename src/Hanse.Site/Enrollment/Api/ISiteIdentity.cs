using System.Security.Cryptography.X509Certificates;
using Hanse.Link.Dialing;
using Hanse.Protocol.Ids;
using Hanse.Trust.Verification;

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

    /// <summary>What this site trusts. Only once it has joined.</summary>
    CurrentTrust Trust { get; }

    /// <summary>The site's intermediate in use. Only once it has joined.</summary>
    X509Certificate2 Intermediate { get; }

    /// <summary>Raised after trust or intermediate have changed, on the changing thread.</summary>
    event Action? KeysChanged;

    /// <summary>Raised after the addresses have changed at which agents find this site, on the changing thread.</summary>
    event Action? PathsChanged;

    /// <summary>Why the last renewal of the intermediate failed; null when it did not.</summary>
    string? RenewalError { get; }

    /// <summary>Which K_site is held; reveals nothing of it. Only once the site has joined.</summary>
    byte[] SiteKeyId { get; }

    /// <summary>The coordinator comes from a root that is not known here: looks for one that a known root vouches for (T4).</summary>
    Task RecoverTrustAsync(CancellationToken cancellation);

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

    /// <summary>host:port at which agents dial it.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>host:port of the gateways that lead to it.</summary>
    public IReadOnlyList<string> GatewayAddresses { get; init; } = [];

    public SiteId Id => Identity.Site!.Value;
}

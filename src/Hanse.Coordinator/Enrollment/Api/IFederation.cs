using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Api;

/// <summary>Who this coordinator is.</summary>
public interface IFederation
{
    FederationId Id { get; }

    /// <summary>This life of the coordinator's database (U5), and its place in the order of lives.</summary>
    Guid Incarnation { get; }

    ulong IncarnationNumber { get; }

    /// <summary>This database was restored, and no administrator has ended the recovery: no work is accepted (U5).</summary>
    bool IsRecovering { get; }

    /// <summary>The recovery is over.</summary>
    void EndRecovery();

    /// <summary>A node has seen this life's number, or a higher one, in another life: this one gets a number above it (U5).</summary>
    Task OutliveAsync(ulong number, CancellationToken cancellation);

    /// <summary>Takes a site's intermediate into the set that links are verified with (T5), if a root has signed it. Null if none has.</summary>
    NodeIdentity? LearnPresented(X509Certificate2 intermediate);

    /// <summary>The same for good, in the caller's transaction.</summary>
    Task RememberAsync(NpgsqlTransaction transaction, SiteId site, byte[] intermediate, CancellationToken cancellation);

    /// <summary>The intermediate that issued this leaf, as it was presented; null if it is not known.</summary>
    X509Certificate2? IssuerOf(X509Certificate2 leaf);

    /// <summary>SHA-256 of the public key of each root that is trusted (T4), in hexadecimal: what a person compares at a first login.</summary>
    IReadOnlyList<string> RootPins { get; }

    /// <summary>What this coordinator trusts now: to judge a proof that a site passes on.</summary>
    TrustAnchors Anchors { get; }

    /// <summary>This process among the replicas (L6); new at each start.</summary>
    Guid Replica { get; }

    /// <summary>Raised after roots or bans have changed here, on the changing thread: links are to be matched (T6), sites are to be told (D1).</summary>
    event Action? TrustChanged;

    /// <summary>True if the list in force bans this node or its site (T6).</summary>
    bool Bans(NodeIdentity node);

    /// <summary>The site has had its first link: its join string answers no more (J2).</summary>
    Task LinkedAsync(SiteId site, CancellationToken cancellation);

    /// <summary>The same of a gateway.</summary>
    Task LinkedAsync(GatewayId gateway, CancellationToken cancellation);

    /// <summary>What nodes need to verify this coordinator.</summary>
    TrustSet TrustForNodes();

    /// <summary>A gateway's routes under the coordinator's signature (G1).</summary>
    SignedRoutes Sign(RouteSnapshot snapshot);

    /// <summary>The trust part of a site's desired state, and its derived customer key.</summary>
    DesiredTrust DesiredTrust(SiteId site);
}

/// <summary>The trust part of a site's desired state.</summary>
/// <param name="Trust">Roots, intermediates, bans.</param>
/// <param name="SiteKey">K_site.</param>
/// <param name="PreviousSiteKey">The one before, while the customer key's overlap lasts (J3).</param>
/// <param name="PreviousUntil">Its end.</param>
public sealed record DesiredTrust(TrustSet Trust, byte[] SiteKey, byte[]? PreviousSiteKey, DateTimeOffset? PreviousUntil);

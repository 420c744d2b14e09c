using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Authority.Issuing;

/// <summary>The federation's root (T2): signs one intermediate for each site and one for the coordinator, and nothing else.
/// Between uses its key lies sealed (T7).</summary>
public sealed class RootAuthority : IDisposable
{
    private const int PathLength = 1;

    private readonly NodeKey _key;
    private readonly LifetimeOptions _lifetimes;

    internal RootAuthority(FederationId federation, X509Certificate2 certificate, NodeKey key, LifetimeOptions lifetimes) =>
        (Federation, Certificate, _key, _lifetimes) = (federation, certificate, key, lifetimes);

    public FederationId Federation { get; }

    public X509Certificate2 Certificate { get; }

    /// <summary>What join strings pin.</summary>
    public SpkiHash Pin => SpkiHash.Of(Certificate);

    internal NodeKey Key => _key;

    /// <summary>A new root with a new P-384 key.</summary>
    public static RootAuthority Create(FederationId federation, LifetimeOptions lifetimes, TimeProvider time)
    {
        var key = NodeKey.GenerateForRoot();
        // The key's hash makes the name differ from that of the federation's next root.
        var certificate = CertificateBuilder.Build($"CN=Hanse root {key.SpkiHash.ToString()[..16]},O=Hanse {federation}", key.PublicKey,
            lifetimes.Root, null, key, time.GetUtcNow(),
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, PathLength, critical: true),
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return new RootAuthority(federation, certificate, key, lifetimes);
    }

    /// <summary>An intermediate for a site: path length 0, confined to the site's URI host, its own names and addresses (T2). A new name
    /// means a new intermediate. Nothing but the key is the asker's (T1).</summary>
    /// <exception cref="InvalidOperationException">The root has expired.</exception>
    public X509Certificate2 IssueForSite(SiteId site, PublicKey key, ServerNames names, TimeProvider time) =>
        Issue(NodeIdentity.ForSite(Federation, site), $"CN=Hanse site {site},O=Hanse {Federation}", [], key, names, time);

    /// <summary>The coordinator's intermediate: also for gateways (<c>.gateway.</c> + federation).</summary>
    /// <exception cref="InvalidOperationException">The root has expired.</exception>
    public X509Certificate2 IssueForCoordinator(PublicKey key, ServerNames names, TimeProvider time) =>
        Issue(NodeIdentity.ForCoordinator(Federation), $"CN=Hanse coordinator,O=Hanse {Federation}", [$".gateway.{Federation}"], key, names, time);

    /// <summary>The intermediate for a renewed key of a node: a site's or the coordinator's.</summary>
    /// <exception cref="ArgumentException">The identity is an agent's or a gateway's.</exception>
    /// <exception cref="InvalidOperationException">The root has expired.</exception>
    public X509Certificate2 IssueFor(NodeIdentity identity, PublicKey key, ServerNames names, TimeProvider time) => identity.Kind switch
    {
        NodeKind.Site => IssueForSite(identity.Site!.Value, key, names, time),
        NodeKind.Coordinator => IssueForCoordinator(key, names, time),
        _ => throw new ArgumentException($"{identity} has no intermediate.", nameof(identity)),
    };

    /// <summary>This root's word for the one that follows it (T4).</summary>
    public RootSuccession VouchFor(X509Certificate2 successor) => new()
    {
        Predecessor = ByteString.CopyFrom(Certificate.RawData),
        Successor = ByteString.CopyFrom(successor.RawData),
        Signature = ByteString.CopyFrom(_key.Sign(RootSuccessions.ToBeSigned(Federation, successor.RawData))),
    };

    public void Dispose() => _key.Dispose();

    private X509Certificate2 Issue(NodeIdentity identity, string subject, string[] moreUriHosts, PublicKey key, ServerNames names, TimeProvider time) =>
        CertificateBuilder.Build(subject, key, _lifetimes.Intermediate, Certificate, _key, time.GetUtcNow(),
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true),
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true),
            CertificateExtensions.NameConstraints([identity.UriHost, .. moreUriHosts], [.. names.AllDns], names.Addresses),
            CertificateExtensions.AlternativeNames(identity, [], []));
}

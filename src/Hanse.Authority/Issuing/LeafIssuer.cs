using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Authority.Issuing;

/// <summary>
/// Issues leaves under a site's or the coordinator's intermediate (T3): the node's own server certificate, agents' at a site, gateways' at a
/// coordinator. Takes nothing from the asker but the key (T1). Immutable; a renewed intermediate makes a new one.
/// </summary>
public sealed class LeafIssuer
{
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly NodeKey _key;
    private readonly LifetimeOptions _lifetimes;

    /// <summary>Takes ownership of <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The certificate is for another key, or not an intermediate of a site or coordinator.</exception>
    public LeafIssuer(NodeKey key, X509Certificate2 intermediate, LifetimeOptions lifetimes)
    {
        var identity = CertificateNames.ReadIdentity(intermediate);
        if (identity?.Kind is not (NodeKind.Site or NodeKind.Coordinator) || SpkiHash.Of(intermediate) != key.SpkiHash)
        {
            throw new ArgumentException("The certificate is not an intermediate for this key.", nameof(intermediate));
        }

        (Identity, Intermediate, _key, _lifetimes) = (identity, intermediate, key, lifetimes);
    }

    /// <summary>The site or coordinator whose intermediate this is.</summary>
    public NodeIdentity Identity { get; }

    public X509Certificate2 Intermediate { get; }

    public DateTimeOffset NotBefore => Intermediate.NotBefore.ToUniversalTime();

    public DateTimeOffset NotAfter => Intermediate.NotAfter.ToUniversalTime();

    /// <summary>False once the intermediate has ended: a request is then refused until it is renewed.</summary>
    public bool CanIssue(TimeProvider time) => time.GetUtcNow() < NotAfter;

    /// <summary>The node's own certificate: for serving and for dialling. The names must lie within the intermediate's.</summary>
    /// <exception cref="InvalidOperationException">The intermediate has expired.</exception>
    public X509Certificate2 IssueServer(PublicKey key, ServerNames names, TimeProvider time) =>
        Issue(Identity, $"Hanse {Identity.Kind.ToString().ToLowerInvariant()}", key, names.AllDns, names.Addresses, time, ServerUse, ClientUse);

    /// <summary>A new key and the node's own certificate for it, ready to serve.</summary>
    /// <exception cref="InvalidOperationException">The intermediate has expired.</exception>
    public NodeCredential IssueOwnCredential(ServerNames names, TimeProvider time)
    {
        var key = NodeKey.Generate();
        return new NodeCredential(key, IssueServer(key.PublicKey, names, time), [Intermediate]);
    }

    /// <summary>An agent's certificate: identity only, for dialling only.</summary>
    /// <exception cref="InvalidOperationException">The intermediate has expired, or is not a site's.</exception>
    public X509Certificate2 IssueAgent(HostId host, PublicKey key, TimeProvider time) => Identity.Site is { } site
        ? Issue(NodeIdentity.ForAgent(Identity.Federation, site, host), "Hanse agent", key, [], [], time, ClientUse)
        : throw new InvalidOperationException("Only a site issues for agents.");

    /// <summary>A gateway's certificate: identity only, for dialling only.</summary>
    /// <exception cref="InvalidOperationException">The intermediate has expired, or is not the coordinator's.</exception>
    public X509Certificate2 IssueGateway(GatewayId gateway, PublicKey key, TimeProvider time) => Identity.Kind == NodeKind.Coordinator
        ? Issue(NodeIdentity.ForGateway(Identity.Federation, gateway), "Hanse gateway", key, [], [], time, ClientUse)
        : throw new InvalidOperationException("Only the coordinator issues for gateways.");

    /// <summary>Writes key and intermediate as one PEM file with mode 0600, atomically.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public void Save(string path) => AtomicFile.Write(path, Encoding.ASCII.GetBytes($"{_key.ToPem()}\n{Intermediate.ExportCertificatePem()}\n"));

    /// <summary>False if there is no file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">The file is damaged.</exception>
    public static bool TryLoad(string path, LifetimeOptions lifetimes, [NotNullWhen(true)] out LeafIssuer? issuer)
    {
        issuer = null;
        if (!File.Exists(path))
        {
            return false;
        }

        var pem = File.ReadAllText(path);
        try
        {
            issuer = new LeafIssuer(NodeKey.FromPem(pem, path), X509Certificate2.CreateFromPem(pem), lifetimes);
            return true;
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException($"{path} is damaged: {e.Message} Restore it from a backup.", e);
        }
    }

    // The common name holds a space, so that no verifier takes it for a host name under the DNS constraint (T2, measured).
    private X509Certificate2 Issue(NodeIdentity identity, string name, PublicKey key, IEnumerable<string> dnsNames,
        IEnumerable<IPAddress> addresses, TimeProvider time, params Oid[] uses) =>
        CertificateBuilder.Build($"CN={name}", key, _lifetimes.Leaf, Intermediate, _key, time.GetUtcNow(),
            new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true),
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true),
            new X509EnhancedKeyUsageExtension([.. uses], critical: false),
            CertificateExtensions.AlternativeNames(identity, dnsNames, addresses));
}

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Keys;

/// <summary>
/// What a node shows to its peers: leaf, private key, issuing chain without the root. Immutable and shared by all connections of the node;
/// replaced as a whole at renewal. Never disposed while the process lives: connections still in their handshake may hold it.
/// </summary>
public sealed class NodeCredential
{
    private readonly NodeKey _key;
    private readonly Lazy<SslStreamCertificateContext> _tlsContext;
    private readonly Lazy<SslStreamCertificateContext> _dialContext;

    /// <summary>Takes ownership of <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The leaf is for another key or carries no Hanse identity (T1).</exception>
    public NodeCredential(NodeKey key, X509Certificate2 leaf, IEnumerable<X509Certificate2> chain)
    {
        _key = key;
        Identity = CertificateNames.ReadIdentity(leaf) ?? throw new ArgumentException("The certificate carries no Hanse identity.", nameof(leaf));
        Leaf = key.Attach(leaf);
        Chain = [.. chain];
        // Made once and shared: one made per connection leaks (measured). Made when it is first needed, because the platform then builds a chain
        // of its own against all of the system's roots. Offline: the chain is ours, nothing is fetched.
        _tlsContext = new(() => SslStreamCertificateContext.Create(Leaf, new X509Certificate2Collection(Chain.ToArray()), offline: true));
        _dialContext = IssuedByItsServer ? new(() => SslStreamCertificateContext.Create(Leaf, additionalCertificates: null, offline: true)) : _tlsContext;
    }

    public NodeIdentity Identity { get; }

    /// <summary>The certificate with its private key.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>The intermediates, nearest first, without the root.</summary>
    public ImmutableArray<X509Certificate2> Chain { get; }

    /// <summary>For <see cref="SslServerAuthenticationOptions.ServerCertificateContext"/>: leaf and chain.</summary>
    public SslStreamCertificateContext TlsContext => _tlsContext.Value;

    /// <summary>For <see cref="SslClientAuthenticationOptions.ClientCertificateContext"/>. An agent or gateway shows its leaf alone: the
    /// server that it dials issued it, and would keep the chain in memory for as long as the link lives.</summary>
    public SslStreamCertificateContext DialContext => _dialContext.Value;

    /// <summary>SHA-256 of the leaf's DER: binds the proofs of J3 to the TLS connection.</summary>
    public byte[] LeafHash => SHA256.HashData(Leaf.RawData);

    public DateTimeOffset NotBefore => Leaf.NotBefore.ToUniversalTime();

    public DateTimeOffset NotAfter => Leaf.NotAfter.ToUniversalTime();

    private bool IssuedByItsServer => Identity.Kind is NodeKind.Agent or NodeKind.Gateway;

    /// <summary>ECDSA over SHA-256, DER encoded.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => _key.Sign(data);

    /// <summary>Writes key and certificates as one PEM file with mode 0600, atomically: key and certificate never disagree.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public void Save(string path)
    {
        var pem = new StringBuilder(_key.ToPem()).Append('\n').Append(Leaf.ExportCertificatePem()).Append('\n');
        foreach (var certificate in Chain)
        {
            pem.Append(certificate.ExportCertificatePem()).Append('\n');
        }

        AtomicFile.Write(path, Encoding.ASCII.GetBytes(pem.ToString()));
    }

    /// <summary>False if there is no file: the node has not joined.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">The file is damaged.</exception>
    public static bool TryLoad(string path, [NotNullWhen(true)] out NodeCredential? credential)
    {
        credential = null;
        if (!File.Exists(path))
        {
            return false;
        }

        var pem = File.ReadAllText(path);
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        if (certificates.Count == 0)
        {
            throw new CryptographicException($"{path} holds no certificate. Join again, or restore the file from a backup.");
        }

        try
        {
            credential = new NodeCredential(NodeKey.FromPem(pem, path), certificates[0], certificates.Skip(1));
            return true;
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException($"{path} is damaged: {e.Message} Join again, or restore the file from a backup.", e);
        }
    }
}

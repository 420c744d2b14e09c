using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Audit.Checkpoints;

/// <summary>The public certificates of those who signed: leaves and their intermediates. They prove nothing by themselves; a root must
/// have signed them.</summary>
public sealed record SignerCertificates(IReadOnlyList<X509Certificate2> Leaves, IReadOnlyList<X509Certificate2> Intermediates)
{
    public static SignerCertificates None { get; } = new([], []);

    /// <summary>Each in DER: what travels and what is stored.</summary>
    public IReadOnlyList<byte[]> ToDer() => [.. Leaves.Concat(Intermediates).Select(c => c.RawData)];

    /// <summary>Certificates in any order and from anybody; what is no certificate of a node is left out.</summary>
    public static SignerCertificates OfDer(IEnumerable<byte[]> certificates)
    {
        var (leaves, intermediates) = (new List<X509Certificate2>(), new List<X509Certificate2>());
        foreach (var der in certificates)
        {
            try
            {
                var certificate = X509CertificateLoader.LoadCertificate(der);
                var authority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);
                (authority ? intermediates : leaves).Add(certificate);
            }
            catch (CryptographicException)
            {
                // Not a certificate: it can help nobody, and without it a signature simply does not verify.
            }
        }

        return new(leaves, intermediates);
    }

    public static SignerCertificates Of(NodeCredential credential) => new([credential.Leaf], credential.Chain);

    public static SignerCertificates operator +(SignerCertificates one, SignerCertificates other) =>
        new([.. one.Leaves, .. other.Leaves], [.. one.Intermediates, .. other.Intermediates]);
}

/// <summary>Who signs for this node, and by what others are judged. Asked each time: both are renewed while the node runs.</summary>
public interface IAuditIdentity
{
    /// <summary>Null until the node has joined.</summary>
    NodeCredential? Credential { get; }

    TrustAnchors Trust { get; }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Trust.Keys;
using Hanse.Trust.Renewal;

namespace Hanse.Authority.Issuing;

/// <summary>What all our certificates share: random serial, backdating, a life within the issuer's, key identifiers.</summary>
internal static class CertificateBuilder
{
    private const int SerialBytes = 16;

    // DER of the curve's object identifier 1.3.132.0.34 (RFC 5480 §2.1.1.1).
    private static ReadOnlySpan<byte> P384 => [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];

    /// <param name="subject">For people; nothing reads it.</param>
    /// <param name="key">The subject's key.</param>
    /// <param name="lifetime">Counted from <paramref name="now"/>; cut at the issuer's end (T3).</param>
    /// <param name="issuer">Null for a root, which signs itself.</param>
    /// <param name="signer">The issuer's key.</param>
    /// <param name="now">The time of making; the certificate begins five minutes before it.</param>
    /// <param name="extensions">Beside the key identifiers.</param>
    /// <exception cref="InvalidOperationException">The issuer has expired.</exception>
    public static X509Certificate2 Build(string subject, PublicKey key, TimeSpan lifetime, X509Certificate2? issuer, NodeKey signer,
        DateTimeOffset now, params X509Extension[] extensions)
    {
        var notAfter = now + lifetime;
        if (issuer is not null)
        {
            DateTimeOffset last = issuer.NotAfter.ToUniversalTime();
            notAfter = notAfter < last ? notAfter : last;
            if (last <= now)
            {
                throw new InvalidOperationException($"The issuing certificate ended at {last:u}; nothing can be issued until it is renewed.");
            }
        }

        var name = new X500DistinguishedName(subject);
        var hash = issuer is null ? HashAlgorithmName.SHA384 : SignatureHash(issuer);
        var request = new CertificateRequest(name, key, hash);
        var subjectKeyId = new X509SubjectKeyIdentifierExtension(key, X509SubjectKeyIdentifierHashAlgorithm.Sha256, critical: false);
        request.CertificateExtensions.Add(subjectKeyId);
        request.CertificateExtensions.Add(issuer is null
            ? X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(subjectKeyId)
            : X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request.Create(issuer?.SubjectName ?? name, signer.CertificateSigner(), now - RenewalPlanner.Backdating, notAfter, Serial());
    }

    /// <summary>The hash that fits the issuer's curve: the root is on P-384, intermediates on P-256 (T2).</summary>
    private static HashAlgorithmName SignatureHash(X509Certificate2 issuer) =>
        issuer.PublicKey.EncodedParameters is { } curve && curve.RawData.AsSpan().SequenceEqual(P384) ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive and of full length.
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}

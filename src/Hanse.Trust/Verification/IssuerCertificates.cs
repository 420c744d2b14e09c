using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;

namespace Hanse.Trust.Verification;

/// <summary>Roots and intermediates as they come over the wire. The same few come again and again, and decoding one costs OpenSSL 3 a fifth of a
/// millisecond (measured: a fifth of what a join cost its client), so each is decoded once a process. Nobody may dispose them.</summary>
internal static class IssuerCertificates
{
    // What is forgotten is decoded again. A peer that sends ever new ones gains nothing.
    private const int Limit = 1_024;

    private static readonly ConcurrentDictionary<string, X509Certificate2> Decoded = new(StringComparer.Ordinal);

    /// <exception cref="CryptographicException">Not a certificate.</exception>
    public static X509Certificate2 Load(ByteString der)
    {
        var name = Convert.ToHexString(SHA256.HashData(der.Span));
        if (Decoded.TryGetValue(name, out var known))
        {
            return known;
        }

        var certificate = X509CertificateLoader.LoadCertificate(der.Span);
        if (Decoded.Count >= Limit)
        {
            Decoded.Clear();
        }

        return Decoded.GetOrAdd(name, certificate);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Trust.Keys;

/// <summary>Reading of a PKCS#10 request from a peer.</summary>
public static class SigningRequest
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int MaxBytes = 4096;

    /// <summary>The public key, if the request is well formed, signed by that key, and the key is on P-256. Names and extensions that
    /// the request asks for are ignored: an issuer decides them (T1).</summary>
    public static bool TryReadPublicKey(ReadOnlySpan<byte> pkcs10, [NotNullWhen(true)] out PublicKey? key)
    {
        key = null;
        if (pkcs10.Length > MaxBytes)
        {
            return false;
        }

        try
        {
            var request = CertificateRequest.LoadSigningRequest(pkcs10.ToArray(), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
            using var ecdsa = request.PublicKey.GetECDsaPublicKey();
            if (ecdsa?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != P256)
            {
                return false;
            }

            key = request.PublicKey;
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            // Not a request: the caller answers so; the details would only help someone who probes.
            return false;
        }
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>What the coordinator signs for nodes that keep it while it is away: bytes as written, under a label of their own.</summary>
internal static class CoordinatorSignature
{
    /// <summary>Signs with the coordinator's leaf.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> label, ReadOnlySpan<byte> bytes, NodeCredential coordinator) => coordinator.Sign([.. label, .. bytes]);

    /// <summary>Whether this federation's coordinator signed the bytes. The signer is judged as of the time of issue: what it signed outlives its leaf.</summary>
    /// <exception cref="CryptographicException">The signer is no certificate.</exception>
    public static bool Covers(
        ReadOnlySpan<byte> label, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signer, DateTimeOffset issued, TrustAnchors anchors)
    {
        using var leaf = X509CertificateLoader.LoadCertificate(signer);
        var expected = new PeerExpectation(NodeKind.Coordinator) { IgnoreBans = true };
        if (PeerVerifier.Verify(leaf, expected, anchors, issued) is not PeerVerdict.Verified)
        {
            return false;
        }

        using var key = leaf.GetECDsaPublicKey();
        return key?.VerifyData([.. label, .. bytes], signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) == true;
    }
}

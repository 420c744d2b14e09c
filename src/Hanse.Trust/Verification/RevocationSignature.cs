using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>Signing and checking of the revocation list (T6). What is signed is the list's bytes as written, under a label.</summary>
public static class RevocationSignature
{
    private static readonly byte[] Label = "hanse1 revocations\0"u8.ToArray();

    /// <summary>Signs with the coordinator's leaf.</summary>
    public static SignedRevocations Sign(RevocationList list, NodeCredential coordinator)
    {
        var bytes = list.ToByteString();
        return new SignedRevocations
        {
            List = bytes,
            Signature = ByteString.CopyFrom(coordinator.Sign([.. Label, .. bytes.Span])),
            Signer = ByteString.CopyFrom(coordinator.Leaf.RawData),
        };
    }

    /// <summary>The list, or null if the signer is not this federation's coordinator or the signature is not over these bytes.
    /// The signer is judged as of the time of issue: a list outlives the leaf that signed it.</summary>
    public static Revocations? Verify(SignedRevocations signed, TrustAnchors anchors)
    {
        try
        {
            var list = RevocationList.Parser.ParseFrom(signed.List);
            using var signer = X509CertificateLoader.LoadCertificate(signed.Signer.Span);
            var issued = DateTimeOffset.FromUnixTimeSeconds(list.IssuedUnixS);
            var expected = new PeerExpectation(NodeKind.Coordinator) { IgnoreBans = true };
            if (PeerVerifier.Verify(signer, expected, anchors, issued) is not PeerVerdict.Verified)
            {
                return null;
            }

            using var key = signer.GetECDsaPublicKey();
            var valid = key?.VerifyData([.. Label, .. signed.List.Span], signed.Signature.Span, HashAlgorithmName.SHA256,
                DSASignatureFormat.Rfc3279DerSequence) == true;
            return valid ? Revocations.FromVerified(signed, list) : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or CryptographicException or FormatException or ArgumentOutOfRangeException)
        {
            // A list that cannot be read is refused like one that is signed wrongly; the list in force stays.
            return null;
        }
    }
}

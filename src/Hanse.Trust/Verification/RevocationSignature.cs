using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>Signing and checking of the revocation list (T6).</summary>
public static class RevocationSignature
{
    private static ReadOnlySpan<byte> Label => "hanse1 revocations\0"u8;

    /// <summary>Signs with the coordinator's leaf.</summary>
    public static SignedRevocations Sign(RevocationList list, NodeCredential coordinator)
    {
        var bytes = list.ToByteString();
        return new SignedRevocations
        {
            List = bytes,
            Signature = ByteString.CopyFrom(CoordinatorSignature.Sign(Label, bytes.Span, coordinator)),
            Signer = ByteString.CopyFrom(coordinator.Leaf.RawData),
        };
    }

    /// <summary>The list, or null if the signer is not this federation's coordinator or the signature is not over these bytes.</summary>
    public static Revocations? Verify(SignedRevocations signed, TrustAnchors anchors)
    {
        try
        {
            var list = RevocationList.Parser.ParseFrom(signed.List);
            var issued = DateTimeOffset.FromUnixTimeSeconds(list.IssuedUnixS);
            return CoordinatorSignature.Covers(Label, signed.List.Span, signed.Signature.Span, signed.Signer.Span, issued, anchors)
                ? Revocations.FromVerified(signed, list)
                : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or CryptographicException or FormatException or ArgumentOutOfRangeException)
        {
            // A list that cannot be read is refused like one that is signed wrongly; the list in force stays.
            return null;
        }
    }
}

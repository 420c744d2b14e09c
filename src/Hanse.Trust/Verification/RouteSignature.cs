using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>Signing and checking of a gateway's routes (G1).</summary>
public static class RouteSignature
{
    private static ReadOnlySpan<byte> Label => "hanse1 routes\0"u8;

    /// <summary>Signs with the coordinator's leaf.</summary>
    public static SignedRoutes Sign(RouteSnapshot snapshot, NodeCredential coordinator)
    {
        var bytes = snapshot.ToByteString();
        return new SignedRoutes
        {
            Routes = bytes,
            Signature = ByteString.CopyFrom(CoordinatorSignature.Sign(Label, bytes.Span, coordinator)),
            Signer = ByteString.CopyFrom(coordinator.Leaf.RawData),
        };
    }

    /// <summary>The snapshot, or null unless this federation's coordinator signed it for this very gateway.</summary>
    public static RouteSnapshot? Verify(SignedRoutes signed, GatewayId gateway, TrustAnchors anchors)
    {
        try
        {
            var snapshot = RouteSnapshot.Parser.ParseFrom(signed.Routes);
            return snapshot.FederationId == anchors.Federation.ToWire() && snapshot.GatewayId == gateway.ToWire()
                && CoordinatorSignature.Covers(
                    Label, signed.Routes.Span, signed.Signature.Span, signed.Signer.Span, DateTimeOffset.FromUnixTimeSeconds(snapshot.IssuedUnixS), anchors)
                ? snapshot
                : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or CryptographicException or ArgumentOutOfRangeException)
        {
            // What cannot be read is refused like what is signed wrongly; the snapshot in force stays.
            return null;
        }
    }
}

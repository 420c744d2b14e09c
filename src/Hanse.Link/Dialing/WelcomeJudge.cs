using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Dialing;

/// <summary>What a welcome must say before the node looks at it. Pure.</summary>
internal static class WelcomeJudge
{
    /// <summary>No server of ours assigns less; a smaller number would let one frame ask for a busy loop.</summary>
    private const uint ShortestHeartbeatMs = 100;

    /// <summary>Null if the welcome fits the certificate and makes sense.</summary>
    public static Error? Judge(Welcome welcome, NodeIdentity? certificate, NodeIdentity local)
    {
        if (welcome.ProtocolVersion != LinkProtocol.Version)
        {
            return LinkErrors.Of(
                ErrorCodes.ProtocolVersionUnsupported,
                $"This node speaks version {LinkProtocol.Version} of the link, the server version {welcome.ProtocolVersion}. Update the older of the two.",
                "protocol_version");
        }

        if (certificate is null || welcome.Identity != certificate.ToString() || certificate.Federation != local.Federation)
        {
            return LinkErrors.Of(ErrorCodes.IdentityMismatch, $"The server's certificate is of {certificate}, its welcome of '{welcome.Identity}'.", "identity");
        }

        return welcome.HeartbeatMs < ShortestHeartbeatMs || welcome.MaxFrameBytes == 0
            ? LinkErrors.Of(ErrorCodes.MalformedMessage, "The server's welcome lacks a usable heartbeat or frame size.", "heartbeat_ms")
            : null;
    }
}

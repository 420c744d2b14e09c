using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Accepting;

/// <summary>What a hello must say before anybody decides on it. Pure.</summary>
internal static class HelloJudge
{
    /// <summary>Null if the hello fits the certificate and this server.</summary>
    public static Error? Judge(Hello hello, NodeIdentity certificate, NodeIdentity local)
    {
        if (hello.ProtocolVersion != LinkProtocol.Version)
        {
            return LinkErrors.Of(
                ErrorCodes.ProtocolVersionUnsupported,
                $"This node speaks version {LinkProtocol.Version} of the link, the peer version {hello.ProtocolVersion}. Update the older of the two.",
                "protocol_version");
        }

        if (!NodeIdentity.TryParse(hello.Identity, out var claimed) || claimed != certificate)
        {
            return LinkErrors.Of(ErrorCodes.IdentityMismatch, $"The certificate is of {certificate}, the hello names another node.", "identity");
        }

        if (claimed.Federation != local.Federation)
        {
            return LinkErrors.Of(ErrorCodes.IdentityMismatch, $"This node belongs to federation {local.Federation}, the peer to {claimed.Federation}.", "identity");
        }

        // It is stored and shown: a zero byte cannot be, and the rest should not.
        return hello.SoftwareVersion.Any(char.IsControl)
            ? LinkErrors.Of(ErrorCodes.MalformedMessage, "A software version is text on one line.", "software_version")
            : null;
    }
}

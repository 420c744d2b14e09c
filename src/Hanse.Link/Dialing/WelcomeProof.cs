using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;

namespace Hanse.Link.Dialing;

/// <summary>T8: asked in the hello of a server that TLS proved by name only, answered in its welcome.</summary>
public sealed class WelcomeProof(ServerChallenge challenge, byte[] tlsCertificateHash)
{
    internal ByteString Nonce => challenge.Nonce;

    /// <summary>Who the server is, or why its welcome does not prove it.</summary>
    internal (NodeIdentity? Server, Error? Error) Judge(Welcome welcome) =>
        challenge.Judge(welcome.Proof, tlsCertificateHash) switch
        {
            PeerVerdict.Verified verified => (verified.Identity, null),
            var verdict => (null, LinkErrors.Of(verdict.Code, verdict.Message)),
        };
}

using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>
/// Joins a site, a gateway or an agent by J2 and J3: (1) find the pinned roots, (2) connect anew with full verification, (3) only then send the
/// token or the proof, (4) check each part of the answer. Joining again with the same key gives the same answer, so the caller saves the
/// key before it calls. Keeps nothing: storing what was given is the caller's.
/// </summary>
public sealed class JoinClient(TimeProvider time)
{
    private readonly TrustDiscovery _discovery = new(time);

    /// <param name="invitation">Of kind site; also one past its time, which the server's clock then judges.</param>
    /// <param name="issuerKey">The key of the site's intermediate.</param>
    /// <param name="site">Attributes.</param>
    /// <param name="cancel">Ends the attempt with <see cref="OperationCanceledException"/>.</param>
    public async Task<SiteJoinOutcome> JoinSiteAsync(JoinInvitation invitation, NodeKey issuerKey, SiteDescription site, CancellationToken cancel)
    {
        var (session, refusal) = await OpenAsync(invitation, NodeKind.Coordinator, cancel);
        if (session is null)
        {
            return new SiteJoinOutcome.Refused(refusal!);
        }

        using (session)
        {
            var request = new SiteJoinRequest
            {
                Token = ByteString.CopyFrom(invitation.Secret),
                SiteCsr = ByteString.CopyFrom(issuerKey.CreateSigningRequest()),
                SoftwareVersion = site.SoftwareVersion,
            };
            request.Capabilities.AddRange(site.Capabilities);
            var answer = await session.PostAsync(JoinPaths.Join, request, SiteJoinAnswer.Parser, cancel);
            return answer.Message is { } given
                ? JoinAnswers.Check(given, invitation, issuerKey, time.GetUtcNow())
                : new SiteJoinOutcome.Refused(answer.Refusal!);
        }
    }

    /// <param name="invitation">Of kind gateway; also one past its time, which the server's clock then judges.</param>
    /// <param name="key">The gateway's key. On success it belongs to the credential.</param>
    /// <param name="softwareVersion">For people.</param>
    /// <param name="cancel">Ends the attempt with <see cref="OperationCanceledException"/>.</param>
    public async Task<GatewayJoinOutcome> JoinGatewayAsync(JoinInvitation invitation, NodeKey key, string softwareVersion, CancellationToken cancel)
    {
        var (session, refusal) = await OpenAsync(invitation, NodeKind.Coordinator, cancel);
        if (session is null)
        {
            return new GatewayJoinOutcome.Refused(refusal!);
        }

        using (session)
        {
            var request = new GatewayJoinRequest
            {
                Token = ByteString.CopyFrom(invitation.Secret), Csr = ByteString.CopyFrom(key.CreateSigningRequest()), SoftwareVersion = softwareVersion,
            };
            var answer = await session.PostAsync(JoinPaths.JoinGateway, request, GatewayJoinAnswer.Parser, cancel);
            return answer.Message is { } given
                ? JoinAnswers.Check(given, invitation, key, time.GetUtcNow())
                : new GatewayJoinOutcome.Refused(answer.Refusal!);
        }
    }

    /// <param name="invitation">Of kind agent; also one past its time, which the server's clock then judges.</param>
    /// <param name="key">The agent's key. On success it belongs to the credential.</param>
    /// <param name="host">Attributes.</param>
    /// <param name="cancel">Ends the attempt with <see cref="OperationCanceledException"/>.</param>
    /// <param name="moving">The host's credential at the site it leaves: it keeps its id (J4).</param>
    public async Task<AgentJoinOutcome> JoinAgentAsync(
        JoinInvitation invitation, NodeKey key, HostDescription host, CancellationToken cancel, NodeCredential? moving = null)
    {
        if (moving is not null && moving.Identity.Federation != invitation.Federation)
        {
            return new AgentJoinOutcome.Refused(new JoinRefusal(ErrorCodes.WrongFederation,
                "The join string is of another federation, where this host's id counts for nothing. Run hanse-agent reset, then join as a new host."));
        }

        var (session, refusal) = await OpenAsync(invitation, NodeKind.Site, cancel);
        if (session is null)
        {
            return new AgentJoinOutcome.Refused(refusal!);
        }

        using (session)
        {
            var challenge = await session.PostAsync(JoinPaths.Challenge, null, JoinChallenge.Parser, cancel);
            if (challenge.Message is null || session.Peer?.Site is not { } site)
            {
                return new AgentJoinOutcome.Refused(challenge.Refusal!);
            }

            if (moving?.Identity.Site == site)
            {
                return new AgentJoinOutcome.Refused(new JoinRefusal(ErrorCodes.AlreadyJoined, "This host belongs to that site already."));
            }

            var siteKey = SiteKey.Derive(invitation.Secret, site);
            try
            {
                var request = Request(key, host, challenge.Message.Nonce);
                request.Move = moving is null ? null : MoveProof.Sign(moving, site, request.ServerNonce.Span);
                request.Proof = ByteString.CopyFrom(JoinProof.OfAgent(siteKey, site, session.CertificateHash, request));
                var answer = await session.PostAsync(JoinPaths.Join, request, AgentJoinAnswer.Parser, cancel);
                return answer.Message is not { } given ? new AgentJoinOutcome.Refused(answer.Refusal!)
                    : moving is not null && given.HostId != moving.Identity.Host!.Value.ToWire()
                    ? new AgentJoinOutcome.Refused(new JoinRefusal(ErrorCodes.UnexpectedAnswer,
                        "The site would have made this a new host: it is too old to take hosts over. Upgrade it, or run hanse-agent reset and join as a new host."))
                    : JoinAnswers.Check(given, JoinProof.OfSite(siteKey, site, session.CertificateHash, request, given), site, invitation, key, time.GetUtcNow());
            }
            finally
            {
                CryptographicOperations.ZeroMemory(siteKey);
            }
        }
    }

    private static AgentJoinRequest Request(NodeKey key, HostDescription host, ByteString serverNonce) => new()
    {
        AgentNonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(JoinProof.NonceBytes)),
        ServerNonce = serverNonce,
        Csr = ByteString.CopyFrom(key.CreateSigningRequest()),
        Hostname = host.Hostname,
        MachineId = host.MachineId,
        BootId = host.BootId,
        SoftwareVersion = host.SoftwareVersion,
    };

    private async Task<(ServerSession?, JoinRefusal?)> OpenAsync(JoinInvitation invitation, NodeKind server, CancellationToken cancel)
    {
        var discovered = await _discovery.DiscoverAsync(invitation, cancel);
        return discovered switch
        {
            TrustDiscoveryOutcome.Found found => (Session(invitation, server, found.Anchors, time), null),
            TrustDiscoveryOutcome.Refused refused => (null, refused.Refusal),
            _ => throw new InvalidOperationException("An outcome of discovery is not handled."),
        };
    }

    internal static ServerSession Session(JoinInvitation invitation, NodeKind server, TrustAnchors anchors, TimeProvider time) => new(
        new SessionTarget(invitation.Addresses, invitation.ServerName, new PeerExpectation(server) { ServerName = invitation.ServerName }),
        own: null, new PeerVerifier(CurrentTrust.InMemory(anchors), time), byName: invitation.RootPins.IsEmpty);
}

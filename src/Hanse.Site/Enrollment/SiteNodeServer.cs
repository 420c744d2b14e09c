using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Authority.Issuing;
using Hanse.Authority.Joining;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Site.Enrollment;

/// <summary>What a site answers on its link name: links of its agents, their joining by customer key (J3) and their renewals (T3).</summary>
internal sealed class SiteNodeServer(
    SiteIdentity identity, ILinkAdmission admission, IHostEnrolment hosts, IHostMoves moves, DiskSpace space, SiteOptions options, SiteServices services) : INodeServer
{
    private readonly AgentJoinVerifier _joins = new(services.Time);
    private readonly Lazy<X509Certificate2> _placeholder = new(() => Placeholder(services.Time));
    private readonly Lock _gate = new();
    private LinkAcceptor? _acceptor;
    private volatile Told? _told;

    public bool IsReady => identity.Keys is not null;

    public LinkAcceptor Acceptor
    {
        get
        {
            lock (_gate)
            {
                return _acceptor ??= CreateAcceptor();
            }
        }
    }

    private SiteKeys Keys => identity.Keys!;

    /// <summary>A certificate of the operator's own goes before the site's where it covers the name; the site proves itself by its own all the same (T8).</summary>
    public SslServerAuthenticationOptions Tls(string? serverName) => !IsReady
        ? PeerTls.ForPublicServer(SslStreamCertificateContext.Create(_placeholder.Value, null, offline: true))
        : IsLinkName(serverName) ? PeerTls.ForServer(options.Certificate?.For(serverName!.ToLowerInvariant()) ?? Keys.Server.Value.TlsContext, Keys.Verifier)
        : PeerTls.ForPublicServer(options.Certificate?.Context ?? Keys.Server.Value.TlsContext);

    public NodeCredential Own => Keys.Server.Value;

    public bool IsLinkName(string? serverName) => serverName is not null && identity.Row is { } row
        && row.ExternalNames.Any(n => serverName.Equals(ServerNames.LinkPrefix + n, StringComparison.OrdinalIgnoreCase));

    public PeerVerdict Verify(X509Certificate2? certificate) => Keys.Verifier.Verify(certificate, PeerExpectation.AgentsOf(identity.Self!.Id) with { ReturnWindow = options.Lifetimes.ReturnWindow });

    /// <summary>For agents: the roots and this site's intermediates, and nothing of other sites.</summary>
    public TrustSet Trust()
    {
        // Asked for at each join and renewal, and the same until one of both changes.
        var (anchors, own, told) = (Keys.Trust.Value, Keys.Issuer.Value.Intermediate, _told);
        if (told is null || !ReferenceEquals(told.Anchors, anchors) || !ReferenceEquals(told.Own, own))
        {
            _told = told = new(anchors, own, anchors.WithIntermediates([own]).ToWire());
        }

        return told.Set;
    }

    public NodeReply Challenge() => NodeReply.Of(_joins.Issue());

    public async Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation)
    {
        AgentJoinRequest request;
        try
        {
            request = AgentJoinRequest.Parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return NodeReply.Refuse(400, ErrorCodes.MalformedMessage, $"The body is not an AgentJoinRequest: {malformed.Message}");
        }

        if (JoinText.Fault(request) is { } fault)
        {
            return NodeReply.Refuse(400, ErrorCodes.NameInvalid, fault.Message, fault.Field);
        }

        if (!Keys.Issuer.Value.CanIssue(services.Time))
        {
            return IssuerExpired("take agents in");
        }

        if (space.Refusal() is { } full)
        {
            return NodeReply.Refuse(503, full.Code, full.Message);
        }

        var site = identity.Self!.Id;
        return Check(request, site, caller) switch
        {
            AgentJoinDecision.Accepted accepted when request.Move is not null => await MoveInAsync(request, accepted.Key, site, caller, cancellation),
            AgentJoinDecision.Accepted accepted => NodeReply.Of(await TakeInAsync(request, accepted.Key, site, caller, cancellation)),
            AgentJoinDecision.Refused refused => NodeReply.Refuse(403, refused.Code, refused.Message),
            _ => throw new InvalidOperationException("A decision is not handled."),
        };
    }

    public async Task<NodeReply> RenewAsync(X509Certificate2? certificate, RenewRequest request, NodeCaller caller, CancellationToken cancellation)
    {
        var verdict = Verify(certificate);
        if (verdict.MayRenewAs is not { } agent)
        {
            return NodeReply.Refuse(403, verdict.Code, verdict.Message);
        }

        if (!SigningRequest.TryReadPublicKey(request.Csr.Span, out var key))
        {
            return NodeReply.Refuse(400, ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.", "csr");
        }

        var host = agent.Host!.Value;
        if (await hosts.RenewableAsync(host, cancellation) is { } refusal)
        {
            return NodeReply.Refuse(403, refusal.Code, refusal.Message);
        }

        if (!Keys.Issuer.Value.CanIssue(services.Time))
        {
            return IssuerExpired("renew certificates");
        }

        var leaf = Keys.Issuer.Value.IssueAgent(host, key, services.Time);
        await hosts.SetCertificateAsync(host, Describe(leaf), cancellation);
        return NodeReply.Of(new RenewAnswer { Certificate = ByteString.CopyFrom(leaf.RawData), Trust = Trust() });
    }

    /// <summary>By the customer key, or by the one before while its overlap lasts (J3).</summary>
    private AgentJoinDecision Check(AgentJoinRequest request, SiteId site, NodeCaller caller)
    {
        var decisions = identity.Row!.SiteKeys(services.Time.GetUtcNow()).Select(key => _joins.Check(request, site, key, caller.ServerCertificateHash));
        AgentJoinDecision? last = null;
        foreach (var decision in decisions)
        {
            last = decision;
            if (decision is not AgentJoinDecision.Refused { Code: ErrorCodes.WrongCustomerKey })
            {
                break;
            }
        }

        return last!;
    }

    private async Task<AgentJoinAnswer> TakeInAsync(
        AgentJoinRequest request, PublicKey key, SiteId site, NodeCaller caller, CancellationToken cancellation)
    {
        var fresh = HostId.New();
        var leaf = Keys.Issuer.Value.IssueAgent(fresh, key, services.Time);
        var host = await hosts.AddAsync(
            fresh,
            new JoinedHost(request.Hostname, request.MachineId, request.BootId, request.SoftwareVersion, Describe(leaf)),
            cancellation);
        if (host != fresh)
        {
            // A join repeated after its answer was lost.
            leaf = Keys.Issuer.Value.IssueAgent(host, key, services.Time);
            await hosts.SetCertificateAsync(host, Describe(leaf), cancellation);
        }

        return Answer(request, host, leaf, caller);
    }

    /// <summary>J4: a host of another site, which keeps its id. The coordinator judges the same proof when the record arrives.</summary>
    private async Task<NodeReply> MoveInAsync(AgentJoinRequest request, PublicKey key, SiteId site, NodeCaller caller, CancellationToken cancellation)
    {
        var now = services.Time.GetUtcNow();
        var (moving, why) = MoveProof.Verify(request.Move, site, request.ServerNonce.Span, Keys.Trust.Value, now);
        if (moving is null)
        {
            return NodeReply.Refuse(403, ErrorCodes.HostMoveInvalid, $"The host cannot move here: {why}. To join as a new host, run hanse-agent reset first.");
        }

        var host = moving.Host!.Value;
        var leaf = Keys.Issuer.Value.IssueAgent(host, key, services.Time);
        var joined = new JoinedHost(request.Hostname, request.MachineId, request.BootId, request.SoftwareVersion, Describe(leaf));
        var record = new HostMoveRecord
        {
            HostId = host.ToWire(), FromSiteId = moving.Site!.Value.ToWire(), Nonce = request.ServerNonce, Proof = request.Move,
            OccurredUnixMs = now.ToUnixTimeMilliseconds(),
        };
        return await moves.TakeInAsync(host, joined, record, cancellation) is { } refusal
            ? NodeReply.Refuse(403, refusal.Code, refusal.Message)
            : NodeReply.Of(Answer(request, host, leaf, caller));
    }

    private AgentJoinAnswer Answer(AgentJoinRequest request, HostId host, X509Certificate2 leaf, NodeCaller caller)
    {
        var (row, site) = (identity.Row!, identity.Self!.Id);
        var answer = new AgentJoinAnswer
        {
            HostId = host.ToWire(), Certificate = ByteString.CopyFrom(leaf.RawData), SiteId = site.ToWire(), Trust = Trust(),
            ServerName = ServerNames.LinkPrefix + row.ExternalNames[0],
        };
        answer.Addresses.AddRange(row.Addresses);
        // The agent proved one of them; the answer is proved by the same.
        var siteKey = row.SiteKeys(services.Time.GetUtcNow())
            .FirstOrDefault(k => JoinProof.Equal(JoinProof.OfAgent(k, site, caller.ServerCertificateHash, request), request.Proof.Span), row.SiteKey);
        answer.Proof = ByteString.CopyFrom(JoinProof.OfSite(siteKey, site, caller.ServerCertificateHash, request, answer));
        return answer;
    }

    private HostCertificate Describe(X509Certificate2 leaf) => HostCertificate.Of(leaf, Keys.Trust.Value.WithIntermediates([Keys.Issuer.Value.Intermediate]));

    /// <summary>Each change of bans, the list's or this site's own, is matched against the live links (T6), coordinator or none.</summary>
    private LinkAcceptor CreateAcceptor()
    {
        var acceptor = new LinkAcceptor(identity.Self!.Identity, admission, services.Wheel, services.Links, services.Time)
        {
            Own = () => Keys.Server.Value,
            Unwelcome = link => Keys.Trust.Value.Bans(link.PeerIdentity) ? LinkErrors.Of(ErrorCodes.Banned, $"{link.PeerIdentity} is banned.") : null,
        };
        Keys.Trust.Changed += _ => acceptor.CutUnwelcome();
        return acceptor;
    }

    private static NodeReply IssuerExpired(string what) => NodeReply.Refuse(
        503, ErrorCodes.IssuerExpired, $"The site's intermediate has ended, so it cannot {what}. Reconnect the site to its coordinator.");

    /// <summary>Before the site has joined its port answers with a certificate of no federation: nobody can mistake it for a site.</summary>
    private static X509Certificate2 Placeholder(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Hanse site that has not joined", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(time.GetUtcNow().AddMinutes(-5), time.GetUtcNow().AddYears(10));
    }

    private sealed record Told(TrustAnchors Anchors, X509Certificate2 Own, TrustSet Set);
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Authority.Issuing;
using Hanse.Authority.Joining;
using Hanse.Audit;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Pulse;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>What the coordinator answers on its link name: links of sites, their joining by token (J2) and the renewal of their
/// intermediates (T3).</summary>
internal sealed class CoordinatorNodeServer(
    Federation federation, FederationStore store, ISites sites, IAuditLog audit, ILinkAdmission admission, PulseWheel wheel, NodeServerOptions options)
    : INodeServer
{
    private readonly JoinCheckDesk _checks = new(store, sites, options.Time);
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private LinkAcceptor? _acceptor;

    public bool IsReady => federation.IsOpen;

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

    public SslServerAuthenticationOptions Tls(string? serverName) => IsLinkName(serverName)
        ? federation.IsRecovering
            ? PeerTls.ForServer(federation.Server.Value, federation.Verifier, intermediate => federation.LearnPresented(intermediate))
            : PeerTls.ForServer(federation.Server.Value, federation.Verifier)
        : PeerTls.ForPublicServer(options.Certificate?.Context ?? federation.Server.Value.TlsContext);

    public bool IsLinkName(string? serverName) => serverName is not null
        && options.Names.External.Any(n => serverName.Equals(ServerNames.LinkPrefix + n, StringComparison.OrdinalIgnoreCase));

    public PeerVerdict Verify(X509Certificate2? certificate) => federation.Verifier.Verify(certificate, PeerExpectation.SitesAndGateways());

    public TrustSet Trust() => federation.TrustForNodes();

    public NodeCredential Own => federation.Server.Value;

    public NodeReply Challenge() => NodeReply.Refuse(404, ErrorCodes.NotFound, "Sites join by token and need no challenge; agents join at their site.");

    public Task<NodeReply> CheckAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation) => _checks.AnswerAsync(body, cancellation);

    public async Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation)
    {
        SiteJoinRequest request;
        try
        {
            request = SiteJoinRequest.Parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return NodeReply.Refuse(400, ErrorCodes.MalformedMessage, $"The body is not a SiteJoinRequest: {malformed.Message}");
        }

        if (!SigningRequest.TryReadPublicKey(request.SiteCsr.Span, out var key))
        {
            return NodeReply.Refuse(400, ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.", "siteCsr");
        }

        var digest = JoinTokenMachine.Digest(request.Token.Span);
        var (decision, site, certificate) = await store.RedeemAsync(
            digest, SpkiHash.Of(key), (transaction, id) => IssueAsync(transaction, id, key, Short(request.SoftwareVersion), caller, cancellation), cancellation);
        if (decision is JoinTokenDecision.Refused refused)
        {
            if (refused.Code == ErrorCodes.TokenUsed)
            {
                await AuditRefusalAsync(site, caller, cancellation);
            }

            return NodeReply.Refuse(403, refused.Code, refused.Message, "joinString");
        }

        federation.Learn(certificate!);
        return NodeReply.Of(Answer((await sites.FindAsync(site.ToString(), cancellation))!, certificate!));
    }

    public async Task<NodeReply> RenewAsync(X509Certificate2? certificate, RenewRequest request, NodeCaller caller, CancellationToken cancellation)
    {
        var verdict = federation.Verifier.Verify(certificate, new PeerExpectation(NodeKind.Site) { ReturnWindow = federation.ReturnWindow });
        var identity = verdict switch
        {
            PeerVerdict.Verified verified => verified.Identity,
            PeerVerdict.Expired { MayReturn: true } expired => expired.Identity,
            _ => null,
        };
        if (identity is null)
        {
            return NodeReply.Refuse(403, verdict.Code, verdict.Message);
        }

        if (await sites.FindAsync(identity.Site!.Value.ToString(), cancellation) is not { Lifecycle: SiteLifecycle.Enrolled or SiteLifecycle.Suspended } row)
        {
            return NodeReply.Refuse(403, ErrorCodes.Unknown, "This site is not in the registry any more.");
        }

        if (!SigningRequest.TryReadPublicKey(request.Csr.Span, out var key))
        {
            return NodeReply.Refuse(400, ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.", "csr");
        }

        var intermediate = federation.Root.IssueForSite(row.SiteId, key, SiteNames.Of(row), options.Time);
        await using (var connection = await options.Database.OpenConnectionAsync(cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            await store.AddIntermediateAsync(transaction, SpkiHash.Of(key), row.SiteId, intermediate.RawData, intermediate.NotAfter.ToUniversalTime(), cancellation);
            await sites.EnrollAsync(transaction, row.SiteId, row.SoftwareVersion ?? "", intermediate.NotAfter.ToUniversalTime(), cancellation);
            await transaction.CommitAsync(cancellation);
        }

        federation.Learn(intermediate.RawData);
        return NodeReply.Of(new RenewAnswer { Certificate = ByteString.CopyFrom(intermediate.RawData), Trust = Trust() });
    }

    /// <summary>Each change of the list of bans is matched against the live links (T6).</summary>
    private LinkAcceptor CreateAcceptor()
    {
        var acceptor = new LinkAcceptor(NodeIdentity.ForCoordinator(federation.Id), admission, wheel, options.Links, options.Time)
        {
            Unwelcome = link => federation.Bans(link.PeerIdentity) ? LinkErrors.Of(ErrorCodes.Banned, $"{link.PeerIdentity} is banned.") : null,
        };
        federation.TrustChanged += () => { _ = CutAsync(acceptor); };
        return acceptor;
    }

    private async Task CutAsync(LinkAcceptor acceptor)
    {
        // A site that leaves by itself is to have its answer first.
        await Task.Delay(FarewellTime, options.Time);
        acceptor.CutUnwelcome();
    }

    private async Task<(byte[] Certificate, DateTimeOffset NotAfter)> IssueAsync(
        NpgsqlTransaction transaction, SiteId site, PublicKey key, string softwareVersion, NodeCaller caller, CancellationToken cancellation)
    {
        var row = (await sites.FindAsync(site.ToString(), cancellation))!;
        var intermediate = federation.Root.IssueForSite(site, key, SiteNames.Of(row), options.Time);
        await sites.EnrollAsync(transaction, site, softwareVersion, intermediate.NotAfter.ToUniversalTime(), cancellation);
        await audit.AppendAsync(
            transaction.Connection!, transaction,
            new AuditEvent("site.join", new AuditActor($"site:{site}", SourceAddress: caller.Remote?.ToString())) { Site = site, Outcome = "enrolled" },
            cancellation);
        return (intermediate.RawData, intermediate.NotAfter.ToUniversalTime());
    }

    /// <summary>A used token in other hands is worth knowing (J2).</summary>
    private async Task AuditRefusalAsync(SiteId site, NodeCaller caller, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEvent("site.join", new AuditActor("unknown", SourceAddress: caller.Remote?.ToString())) { Site = site, Outcome = ErrorCodes.TokenUsed },
            cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private SiteJoinAnswer Answer(SiteRow row, byte[] certificate)
    {
        var answer = new SiteJoinAnswer
        {
            SiteId = row.SiteId.ToWire(), SiteName = row.Name, Intermediate = ByteString.CopyFrom(certificate), Trust = Trust(),
            SiteKey = ByteString.CopyFrom(federation.SiteKeyFor(row.SiteId)), CoordinatorServerName = options.Names.LinkName,
        };
        answer.ExternalNames.AddRange(row.ExternalNames);
        answer.Addresses.AddRange(row.Addresses);
        answer.CoordinatorAddresses.AddRange(options.Addresses.Select(a => a.ToString()));
        return answer;
    }

    private static string Short(string version) => version.Length > 64 ? version[..64] : version;
}

/// <summary>What the link name takes from configuration and process.</summary>
internal sealed record NodeServerOptions(
    ServerNames Names, IReadOnlyList<Hanse.Trust.Dialing.NodeAddress> Addresses, LinkAcceptorOptions Links, NpgsqlDataSource Database, TimeProvider Time,
    Hanse.Authority.Serving.CustomCertificate? Certificate = null);

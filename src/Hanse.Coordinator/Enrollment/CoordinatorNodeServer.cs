using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Hanse.Authority.Issuing;
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

/// <summary>What the coordinator answers on its link name: links of sites and gateways, their joining by token (J2) and the renewal of their
/// certificates (T3).</summary>
internal sealed class CoordinatorNodeServer(
    Federation federation, SiteJoinDesk sites, GatewayJoinDesk gateways, JoinCheckDesk checks, ILinkAdmission admission, PulseWheel wheel, NodeServerOptions options)
    : INodeServer
{
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

    public NodeReply Challenge() => NodeReply.Refuse(404, ErrorCodes.NotFound, "Sites and gateways join by token and need no challenge; agents join at their site.");

    public Task<NodeReply> CheckAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation) => checks.AnswerAsync(body, cancellation);

    public Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation) =>
        sites.JoinAsync(body, caller, cancellation);

    public Task<NodeReply> JoinGatewayAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation) =>
        gateways.JoinAsync(body, caller, cancellation);

    public async Task<NodeReply> RenewAsync(X509Certificate2? certificate, RenewRequest request, NodeCaller caller, CancellationToken cancellation)
    {
        var verdict = federation.Verifier.Verify(certificate, PeerExpectation.SitesAndGateways() with { ReturnWindow = federation.ReturnWindow });
        if (verdict.MayRenewAs is not { } identity)
        {
            return NodeReply.Refuse(403, verdict.Code, verdict.Message);
        }

        if (!SigningRequest.TryReadPublicKey(request.Csr.Span, out var key))
        {
            return NodeReply.Refuse(400, ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.", "csr");
        }

        return identity.Gateway is { } gateway
            ? await gateways.RenewAsync(gateway, key, cancellation)
            : await sites.RenewAsync(identity.Site!.Value, key, cancellation);
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
}

/// <summary>What the link name takes from configuration and process.</summary>
internal sealed record NodeServerOptions(
    ServerNames Names, IReadOnlyList<Hanse.Trust.Dialing.NodeAddress> Addresses, LinkAcceptorOptions Links, NpgsqlDataSource Database, TimeProvider Time,
    Hanse.Authority.Serving.CustomCertificate? Certificate = null);

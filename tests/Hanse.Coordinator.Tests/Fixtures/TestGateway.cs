using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Coordinator.Tests.Fixtures;

/// <summary>A gateway as a coordinator sees it: it really joined, and holds real links. It takes every state and keeps it for the test.</summary>
internal sealed class TestGateway(CoordinatorHost coordinator, GatewayJoinOutcome.Joined joined) : ILinkClient, ILinkHandler
{
    private readonly PulseWheel _wheel = new(coordinator.Clock);

    public GatewayId Id => joined.Credential.Identity.Gateway!.Value;

    public NodeIdentity Identity => joined.Credential.Identity;

    public NodeCredential Credential { get; set; } = joined.Credential;

    public TrustAnchors Trust => joined.Trust;

    public GatewayJoinOutcome.Joined Joined => joined;

    public ILinkHandler Handler => this;

    public NodeLink? Link { get; private set; }

    public ConcurrentQueue<GatewayState> States { get; } = [];

    /// <summary>The newest snapshot that it was sent, verified.</summary>
    public RouteSnapshot Routes => RouteSignature.Verify(States.Last().Routes, Id, Trust) ?? throw new InvalidOperationException("The snapshot does not verify.");

    /// <summary>Null with a live link, otherwise the refusal.</summary>
    public async Task<Error?> DialAsync()
    {
        var tls = new LinkTls(CurrentCredential.InMemory(Credential), new PeerVerifier(CurrentTrust.InMemory(joined.Trust), coordinator.Clock), PeerExpectation.Coordinator());
        var dialer = new LinkDialer(tls, new LinkGreeter(_wheel, LinkLimits.Default, coordinator.Clock), coordinator.Clock);
        switch (await dialer.DialAsync(new LinkTarget(joined.CoordinatorAddresses, joined.CoordinatorServerName), this))
        {
            case DialResult.Connected connected:
                Link = connected.Link;
                _ = connected.Link.RunAsync();
                return null;
            case DialResult.Refused refused:
                return refused.Error;
            case DialResult.Unreachable unreachable:
                return unreachable.Error;
            default:
                throw new InvalidOperationException();
        }
    }

    public async Task<Error?> ReportAsync(GatewayReport report) =>
        (await Link!.RequestAsync<Empty>(Method.GatewayReport, report, TimeSpan.FromSeconds(30))).Error;

    public Hello CreateHello() => new() { SoftwareVersion = "1.0", Capabilities = { Capabilities.OfLink } };

    public ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation) => ValueTask.FromResult<Error?>(null);

    public bool IsFinal(Error error) => false;

    public void OnOpened(NodeLink link)
    {
    }

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end) => ValueTask.CompletedTask;

    public void OnFault(NodeLink link, Method method, Exception fault) => throw fault;

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation)
    {
        States.Enqueue((GatewayState)request);
        return ValueTask.FromResult(LinkReply.Of(new GatewayStateReceipt()));
    }
}

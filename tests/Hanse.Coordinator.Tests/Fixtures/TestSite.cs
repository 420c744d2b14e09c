using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Authority.Issuing;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Coordinator.Tests.Fixtures;

/// <summary>A site as a coordinator sees it: it really joined, and holds real links. What its outbox sends a test decides.</summary>
internal sealed class TestSite(CoordinatorHost coordinator, SiteJoinOutcome.Joined joined, NodeCredential credential) : ILinkClient, ILinkHandler
{
    private readonly PulseWheel _wheel = new(coordinator.Clock);

    public SiteId Id => joined.Site;

    /// <summary>What it issues its agents' certificates with.</summary>
    public required LeafIssuer Issuer { get; init; }

    public NodeIdentity Identity => credential.Identity;

    public ILinkHandler Handler => this;

    public NodeCredential Credential => credential;

    /// <summary>What it was given when it joined.</summary>
    public TrustAnchors Trust => joined.Trust;

    public ByteString Epoch { get; set; } = CommandId.New().ToWire();

    public NodeLink? Link { get; private set; }

    public ConcurrentQueue<DesiredState> Desired { get; } = [];

    /// <summary>Set where a test runs the checkpoint driver.</summary>
    public Func<AuditCosign, AuditCosigned>? Witness { get; set; }

    public AuditHeld Held { get; set; } = new();

    /// <summary>What it says of its outbox.</summary>
    public Func<IMessage, LinkReply> OnOutbox { get; set; } = _ => LinkReply.Refuse("not-found", "none");

    /// <summary>What it answers to a restored coordinator.</summary>
    public Func<LinkReply> OnRecovery { get; set; } = () => LinkReply.Refuse("not-found", "none");

    /// <summary>Null with a live link, otherwise the refusal.</summary>
    public async Task<Error?> DialAsync(CurrentTrust? trust = null)
    {
        var tls = new LinkTls(CurrentCredential.InMemory(credential), new PeerVerifier(trust ?? CurrentTrust.InMemory(joined.Trust), coordinator.Clock), PeerExpectation.Coordinator());
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

    public ValueTask<LinkResult<T>> AskAsync<T>(Method method, IMessage request) where T : class, IMessage<T>, new() =>
        Link!.RequestAsync<T>(method, request, TimeSpan.FromSeconds(30));

    public async Task<RecordReceipt> SendAsync(ulong first, params Record[] records)
    {
        var batch = new RecordBatch { Epoch = Epoch, FirstSequence = first };
        batch.Records.AddRange(records);
        var answer = await AskAsync<RecordReceipt>(Method.RecordBatch, batch);
        return answer.Value ?? throw new InvalidOperationException(answer.Error!.ToString());
    }

    public async Task<StateReceipt> SendAsync(params StateEntry[] entries)
    {
        var batch = new StateBatch { Epoch = Epoch };
        batch.Entries.AddRange(entries);
        var answer = await AskAsync<StateReceipt>(Method.StateBatch, batch);
        return answer.Value ?? throw new InvalidOperationException(answer.Error!.ToString());
    }

    public Hello CreateHello() => new() { SoftwareVersion = "1.0", Epoch = Epoch, Capabilities = { Capabilities.OfLink } };

    public ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation) => ValueTask.FromResult<Error?>(null);

    public bool IsFinal(Error error) => false;

    public void OnOpened(NodeLink link)
    {
    }

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end) => ValueTask.CompletedTask;

    public void OnFault(NodeLink link, Method method, Exception fault) => throw fault;

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) => ValueTask.FromResult(request switch
    {
        DesiredState state => Take(state),
        AuditCosign question => LinkReply.Of(Witness!(question)),
        AuditHeldQuery => LinkReply.Of(Held),
        SiteRecoveryQuery => OnRecovery(),
        OutboxQuery or OutboxEntryQuery or OutboxSettlement => OnOutbox(request),
        _ => throw new InvalidOperationException($"{call.Method}"),
    });

    private LinkReply Take(DesiredState state)
    {
        Desired.Enqueue(state);
        return LinkReply.Of(new DesiredStateReceipt { ObservedGeneration = state.Generation });
    }
}

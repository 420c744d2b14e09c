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

namespace Hanse.Site.Tests.Fixtures;

/// <summary>An agent as a site sees it: it really joins, and holds real links. What it answers to offers a test decides.</summary>
internal sealed class TestAgent(SiteHost site, NodeCredential credential) : ILinkClient, ILinkHandler
{
    private readonly PulseWheel _wheel = new(site.Clock);

    public NodeIdentity Identity => credential.Identity;

    public ILinkHandler Handler => this;

    public HostId Host => Identity.Host!.Value;

    public NodeCredential Credential => credential;

    /// <summary>As the agent keeps it on disk (J5).</summary>
    public ByteString Secret { get; set; } = ByteString.Empty;

    public NodeLink? Link { get; private set; }

    public Task<LinkEnd>? Ended { get; private set; }

    public ConcurrentQueue<ExecutionOffer> Offers { get; } = [];

    public ConcurrentQueue<CommandId> Cancels { get; } = [];

    /// <summary>The answer to an offer; null: refused, for it is busy.</summary>
    public Func<ExecutionOffer, ExecutionReport?> OnOffer { get; set; } = offer => Report(offer.CommandId, ExecutionState.Running);

    public Func<CommandId, ExecutionReport> OnCancel { get; set; } = id => Report(id.ToWire(), ExecutionState.Cancelled);

    public static ExecutionReport Report(ByteString command, ExecutionState state, int? exitCode = null)
    {
        var report = new ExecutionReport { CommandId = command, State = state };
        if (exitCode is { } code)
        {
            report.ExitCode = code;
            report.Stdout = new StreamExcerpt { Head = ByteString.CopyFromUtf8("Linux\n"), Length = 6 };
            report.Stderr = new StreamExcerpt();
        }

        return report;
    }

    /// <summary>Joins by the customer key, as a new machine does.</summary>
    public static async Task<TestAgent> JoinAsync(SiteHost site, string hostname = "web-1")
    {
        var outcome = await TryJoinAsync(site, site.Invitation(), NodeKey.Generate(), hostname);
        return outcome is AgentJoinOutcome.Joined joined
            ? new TestAgent(site, joined.Credential)
            : throw new InvalidOperationException(((AgentJoinOutcome.Refused)outcome).Refusal.ToString());
    }

    public static Task<AgentJoinOutcome> TryJoinAsync(
        SiteHost site, JoinInvitation invitation, NodeKey key, string hostname = "web-1", NodeCredential? moving = null) =>
        new JoinClient(site.Clock).JoinAgentAsync(invitation, key, new HostDescription(hostname, "machine", "boot", "1.0"), default, moving);

    /// <summary>Joins and holds a link.</summary>
    public static async Task<TestAgent> OnlineAsync(SiteHost site, string hostname = "web-1")
    {
        var agent = await JoinAsync(site, hostname);
        await agent.ConnectAsync();
        return agent;
    }

    /// <summary>The disk of this machine, copied into another.</summary>
    public TestAgent Clone() => With(credential);

    /// <summary>The same machine with another certificate.</summary>
    public TestAgent With(NodeCredential next) => new(site, next) { Secret = Secret };

    public async Task ConnectAsync() => Assert.True(await DialAsync() is null, "The link was refused.");

    /// <summary>Null with a live link, otherwise the refusal.</summary>
    public async Task<Error?> DialAsync(CurrentTrust? trust = null)
    {
        var verifier = new PeerVerifier(trust ?? CurrentTrust.InMemory(site.Trust.Value.WithRevocations(Revocations.None)), site.Clock);
        var tls = new LinkTls(CurrentCredential.InMemory(credential), verifier, PeerExpectation.TheSite(site.Id));
        var dialer = new LinkDialer(tls, new LinkGreeter(_wheel, LinkLimits.Default, site.Clock), site.Clock);
        switch (await dialer.DialAsync(new LinkTarget([site.Address], SiteHost.Names.LinkName), this))
        {
            case DialResult.Connected connected:
                Link = connected.Link;
                Ended = connected.Link.RunAsync();
                return null;
            case DialResult.Refused refused:
                return refused.Error;
            case DialResult.Unreachable unreachable:
                return unreachable.Error;
            default:
                throw new InvalidOperationException();
        }
    }

    public async Task<LinkEnd> LeaveAsync()
    {
        await Link!.CloseAsync(new Error { Code = "link-closing", Message = "bye" });
        return await Ended!;
    }

    public ValueTask<LinkResult<T>> AskAsync<T>(Method method, IMessage request) where T : class, IMessage<T>, new() =>
        Link!.RequestAsync<T>(method, request, TimeSpan.FromSeconds(30));

    /// <summary>The sections that were asked for in full, last.</summary>
    public IReadOnlyList<string>? Refreshed { get; private set; }

    public Hello CreateHello() => new() { SoftwareVersion = "1.0", LinkSecret = Secret, Capabilities = { Capabilities.OfLink } };

    public ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation)
    {
        Secret = welcome.LinkSecret;
        return ValueTask.FromResult<Error?>(null);
    }

    public bool IsFinal(Error error) => false;

    public void OnOpened(NodeLink link)
    {
    }

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end) => ValueTask.CompletedTask;

    public void OnFault(NodeLink link, Method method, Exception fault) => throw fault;

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) => ValueTask.FromResult(request switch
    {
        ExecutionOffer offer => Offered(offer),
        TrustSet set => Trusted(set),
        RenewNow => LinkReply.Refuse("internal-error", "not now"),
        SitePaths paths => Told(paths),
        InventoryRefresh refresh => Told(refresh),
        ExecutionCancel cancel => Cancelled(CommandId.FromBytes(cancel.CommandId.Span)),
        _ => throw new InvalidOperationException($"{call.Method}"),
    });

    /// <summary>The ways to its site that it was told, newest last.</summary>
    public ConcurrentQueue<SitePaths> Paths { get; } = [];

    /// <summary>The sets it was told.</summary>
    public ConcurrentQueue<TrustSet> TrustSets { get; } = [];

    /// <summary>False while its disk is full.</summary>
    public bool KeepsTrust { get; set; } = true;

    private LinkReply Told(SitePaths paths)
    {
        Paths.Enqueue(paths);
        return LinkReply.Done;
    }

    private LinkReply Told(InventoryRefresh refresh)
    {
        Refreshed = refresh.Sections;
        return LinkReply.Done;
    }

    private LinkReply Trusted(TrustSet set)
    {
        TrustSets.Enqueue(set);
        return KeepsTrust ? LinkReply.Done : LinkReply.Refuse("internal-error", "disk full");
    }

    private LinkReply Offered(ExecutionOffer offer)
    {
        Offers.Enqueue(offer);
        return OnOffer(offer) is { } answer ? LinkReply.Of(answer) : LinkReply.Refuse("execution-waiting", "busy");
    }

    private LinkReply Cancelled(CommandId command)
    {
        Cancels.Enqueue(command);
        return LinkReply.Of(OnCancel(command));
    }
}

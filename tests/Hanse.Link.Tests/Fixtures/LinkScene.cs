using System.Net.WebSockets;
using Hanse.Link.Accepting;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Protocol.Ids;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Fixtures;

/// <summary>A site that accepts, and an agent that dials it, over an in-memory connection. Time stands still unless a test moves it.</summary>
internal sealed class LinkScene : IDisposable
{
    private static readonly FederationId Federation = FederationId.New();
    private static readonly SiteId SiteId = SiteId.New();

    public LinkScene(LinkLimits? limits = null, HeartbeatBudget? heartbeats = null)
    {
        Limits = limits ?? LinkLimits.Default;
        Wheel = new PulseWheel(Clock);
        Admission = new FakeAdmission(SiteHandler);
        Client = new FakeClient(AgentIdentity, AgentHandler);
        Acceptor = new LinkAcceptor(
            SiteIdentity, Admission, Wheel, new LinkAcceptorOptions { Limits = Limits, Heartbeats = heartbeats ?? HeartbeatBudget.Default }, Clock);
    }

    public ManualClock Clock { get; } = new();

    public LinkLimits Limits { get; }

    public PulseWheel Wheel { get; }

    public NodeIdentity SiteIdentity { get; } = NodeIdentity.ForSite(Federation, SiteId);

    public NodeIdentity AgentIdentity { get; } = NodeIdentity.ForAgent(Federation, SiteId, HostId.New());

    public FakeHandler SiteHandler { get; } = new();

    public FakeHandler AgentHandler { get; } = new();

    public FakeAdmission Admission { get; }

    public FakeClient Client { get; }

    public LinkAcceptor Acceptor { get; }

    /// <summary>The site's run of the last connection.</summary>
    public Task<LinkEnd> SiteRun { get; private set; } = Task.FromException<LinkEnd>(new InvalidOperationException("Nothing was connected."));

    /// <summary>The agent's run of the last link.</summary>
    public Task<LinkEnd> AgentRun { get; private set; } = Task.FromException<LinkEnd>(new InvalidOperationException("Nothing was connected."));

    /// <summary>The agent's end of the last connection.</summary>
    public DuplexStream Wire { get; private set; } = DuplexStream.Pair().A;

    /// <summary>The site's end of the last connection.</summary>
    public DuplexStream SiteWire { get; private set; } = DuplexStream.Pair().B;

    /// <summary>Both ends of a running link.</summary>
    public async Task<(NodeLink Agent, NodeLink Site)> ConnectAsync()
    {
        var connected = Assert.IsType<DialResult.Connected>(await DialAsync());
        AgentRun = connected.Link.RunAsync();
        return (connected.Link, await Wait.ForTask("the site's link", SiteHandler.Opened.Task));
    }

    /// <summary>The agent's hello, and what came of it.</summary>
    public Task<DialResult> DialAsync(NodeIdentity? certificate = null) =>
        new LinkGreeter(Wheel, Limits, Clock).GreetAsync(ConnectRaw(certificate), SiteIdentity, remote: null, Client);

    /// <summary>A connected peer that has said nothing yet.</summary>
    public WebSocket ConnectRaw(NodeIdentity? certificate = null)
    {
        var (agent, site) = DuplexStream.Pair();
        (Wire, SiteWire) = (agent, site);
        SiteRun = Acceptor.AcceptAsync(Sockets.Over(site, isServer: true), new AcceptedPeer(certificate ?? AgentIdentity, Remote: null));
        return Sockets.Over(agent, isServer: false);
    }

    public void Dispose() => Wheel.Dispose();
}

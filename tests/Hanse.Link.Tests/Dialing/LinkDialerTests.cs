using System.Net;
using System.Net.Sockets;
using Hanse.Link.Accepting;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Link.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Link.Tests.Dialing;

/// <summary>The whole way over loopback: TCP, mutual TLS by server name, upgrade, hello (L1, L2, T1).</summary>
public sealed class LinkDialerTests : IDisposable
{
    private readonly TlsServer _server = new();
    private readonly PulseWheel _wheel = new(TimeProvider.System);
    private readonly FakeHandler _site = new();
    private readonly LinkAcceptor _acceptor;
    private readonly Task _serving;

    public LinkDialerTests()
    {
        _acceptor = new LinkAcceptor(_server.Identity, new FakeAdmission(_site), _wheel, new LinkAcceptorOptions(), TimeProvider.System);
        _serving = _server.ServeAsync(_acceptor);
    }

    public void Dispose()
    {
        _server.Dispose();
        _wheel.Dispose();
        Assert.Null(_serving.Exception);
    }

    [Fact]
    public async Task Given_a_site_When_its_agent_dials_twice_Then_both_links_carry_requests()
    {
        var agent = _server.NewAgent();
        for (var time = 0; time < 2; time++)
        {
            // Twice: on a resumed session the intermediate would be missing (T5).
            var link = Assert.IsType<DialResult.Connected>(await DialAsync(agent, _server.Address)).Link;
            var running = link.RunAsync();

            var result = await link.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport(), TimeSpan.FromMinutes(1));

            Assert.True(result.Succeeded);
            Assert.Equal(_server.Identity, link.PeerIdentity);
            await link.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "Done."));
            Assert.Equal(LinkEndKind.ClosedHere, (await Wait.ForTask("the end", running)).Kind);
        }
    }

    [Fact]
    public async Task Given_a_first_address_that_does_not_answer_When_dialled_Then_the_next_one_is_taken()
    {
        var connected = await DialAsync(_server.NewAgent(), ClosedPort(), _server.Address);

        Assert.IsType<DialResult.Connected>(connected);
    }

    [Fact]
    public async Task Given_no_address_that_answers_When_dialled_Then_the_error_names_each()
    {
        var (first, second) = (ClosedPort(), ClosedPort());

        var unreachable = Assert.IsType<DialResult.Unreachable>(await DialAsync(_server.NewAgent(), first, second));

        Assert.Equal(ErrorCodes.Unreachable, unreachable.Error.Code);
        Assert.Contains(first.ToString(), unreachable.Error.Message, StringComparison.Ordinal);
        Assert.Contains(second.ToString(), unreachable.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_another_site_than_expected_When_it_answers_Then_it_is_not_trusted_and_gets_no_hello()
    {
        var agent = _server.NewAgent();

        var unreachable = Assert.IsType<DialResult.Unreachable>(
            await DialAsync(agent, _server.TlsOf(agent, expected: SiteId.New()), _server.Address));

        Assert.Equal(ErrorCodes.NotTrusted, unreachable.Error.Code);
        Assert.Equal(0, _acceptor.Count);
    }

    [Fact]
    public async Task Given_a_banned_agent_When_it_dials_Then_it_is_told_so()
    {
        var agent = _server.NewAgent();
        _server.Trust.Update(trust => trust.WithLocalBans([agent.Value.Identity.Host!.Value]));

        var refused = Assert.IsType<DialResult.Refused>(await DialAsync(agent, _server.Address));

        Assert.Equal(ErrorCodes.Banned, refused.Error.Code);
    }

    private Task<DialResult> DialAsync(CurrentCredential agent, params NodeAddress[] addresses) => DialAsync(agent, _server.TlsOf(agent), addresses);

    private Task<DialResult> DialAsync(CurrentCredential agent, LinkTls tls, params NodeAddress[] addresses)
    {
        var greeter = new LinkGreeter(_wheel, LinkLimits.Default, TimeProvider.System);
        var client = new FakeClient(agent.Value.Identity, new FakeHandler());
        return new LinkDialer(tls, greeter, TimeProvider.System).DialAsync(new LinkTarget(addresses, _server.ServerName), client);
    }

    private static NodeAddress ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new NodeAddress("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
    }
}

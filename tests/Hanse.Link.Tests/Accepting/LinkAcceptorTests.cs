using System.Net.WebSockets;
using Hanse.Link.Accepting;
using Hanse.Link.Dialing;
using Hanse.Link.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Accepting;

/// <summary>The hello (L3), its limits (L4) and what a peer that breaks them is told.</summary>
public class LinkAcceptorTests
{
    [Fact]
    public async Task Given_a_proper_hello_When_admitted_Then_both_sides_know_the_terms()
    {
        using var scene = new LinkScene();

        var (agent, site) = await scene.ConnectAsync();

        Assert.Equal((scene.SiteIdentity, scene.AgentIdentity), (agent.PeerIdentity, site.PeerIdentity));
        Assert.Equal((7UL, "next"), (agent.Fence, scene.Client.Welcomed!.LinkSecret.ToStringUtf8()));
        Assert.Equal(TimeSpan.FromSeconds(15), agent.Heartbeat);
        Assert.Equal(1, scene.Acceptor.Count);
    }

    [Fact]
    public async Task Given_a_silent_peer_When_the_hello_deadline_passes_Then_it_is_told_and_cut_off()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await Wait.For("the deadline to be set", () => scene.Clock.PendingTimers > 0);

        scene.Clock.Advance(scene.Limits.HelloDeadline);

        Assert.Equal(ErrorCodes.HelloTimeout, (await peer.ReceiveGoodbyeAsync()).Error.Code);
        await Wait.For("the close grace to be set", () => scene.Clock.PendingTimers > 0);
        scene.Clock.Advance(scene.Limits.CloseGrace);
        Assert.Equal(ErrorCodes.HelloTimeout, (await Wait.ForTask("the site to be done", scene.SiteRun)).Error.Code);
        Assert.Equal(0, scene.Acceptor.Unauthenticated);
    }

    [Fact]
    public async Task Given_a_hello_of_another_identity_When_it_comes_Then_it_is_refused()
    {
        using var scene = new LinkScene();
        var other = NodeIdentity.ForAgent(scene.AgentIdentity.Federation, scene.AgentIdentity.Site!.Value, HostId.New());

        var refused = Assert.IsType<DialResult.Refused>(await scene.DialAsync(certificate: other));

        Assert.Equal(ErrorCodes.IdentityMismatch, refused.Error.Code);
        Assert.Empty(scene.Admission.Candidates);
    }

    [Fact]
    public async Task Given_a_newer_protocol_When_it_says_hello_Then_it_is_told_which_version_is_spoken()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        var hello = Sockets.HelloOf(scene);
        hello.Hello.ProtocolVersion = 2;

        await peer.SendAsync(hello);

        Assert.Equal(ErrorCodes.ProtocolVersionUnsupported, (await peer.ReceiveGoodbyeAsync()).Error.Code);
    }

    [Fact]
    public async Task Given_a_hello_with_a_zero_byte_in_its_version_When_it_comes_Then_it_is_refused_before_anybody_stores_it()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        var hello = Sockets.HelloOf(scene);
        hello.Hello.SoftwareVersion = "1.0\0";

        await peer.SendAsync(hello);

        Assert.Equal((ErrorCodes.MalformedMessage, "software_version"), (await peer.ReceiveGoodbyeAsync()) is { Error: var e } ? (e.Code, e.Field) : default);
        Assert.Empty(scene.Admission.Candidates);
    }

    public static TheoryData<string, byte[], WebSocketMessageType> FirstFrames => new()
    {
        { ErrorCodes.TextFrame, "hello"u8.ToArray(), WebSocketMessageType.Text },
        { ErrorCodes.MalformedFrame, [0xff, 0xff, 0xff], WebSocketMessageType.Binary },
        { ErrorCodes.MalformedFrame, [], WebSocketMessageType.Binary },
        { ErrorCodes.FrameTooLarge, new byte[17 * 1024], WebSocketMessageType.Binary },
        { ErrorCodes.OutOfOrderFrame, [0x32, 0x00], WebSocketMessageType.Binary },
    };

    [Theory]
    [MemberData(nameof(FirstFrames))]
    public async Task Given_a_wrong_first_frame_When_it_comes_Then_the_goodbye_is_typed_and_the_site_serves_on(
        string code, byte[] frame, WebSocketMessageType type)
    {
        using var scene = new LinkScene();
        using (var peer = scene.ConnectRaw())
        {
            await peer.SendBytesAsync(frame, type);
            Assert.Equal(code, (await peer.ReceiveGoodbyeAsync()).Error.Code);
        }

        Assert.Equal(code, (await Wait.ForTask("the site to be done", scene.SiteRun)).Error.Code);
        await scene.ConnectAsync();
    }

    [Fact]
    public async Task Given_a_live_link_When_a_second_hello_comes_Then_the_link_ends_with_a_typed_goodbye()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);

        await peer.SendAsync(Sockets.HelloOf(scene));

        Assert.Equal(ErrorCodes.OutOfOrderFrame, (await peer.ReceiveGoodbyeAsync()).Error.Code);
        await peer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Equal(LinkEndKind.Violation, (await Wait.ForTask("the site's end", scene.SiteRun)).Kind);
    }

    [Fact]
    public async Task Given_a_refusing_admission_When_dialled_Then_code_and_retry_after_arrive()
    {
        using var scene = new LinkScene();
        scene.Admission.Decide = _ => ValueTask.FromResult<AdmissionDecision>(
            new AdmissionDecision.Refused(LinkErrors.Of(ErrorCodes.AdmittedLater, "Full."), TimeSpan.FromSeconds(42)));

        var refused = Assert.IsType<DialResult.Refused>(await scene.DialAsync());

        Assert.Equal((ErrorCodes.AdmittedLater, TimeSpan.FromSeconds(42)), (refused.Error.Code, refused.RetryAfter));
    }

    [Fact]
    public async Task Given_an_admission_that_throws_When_dialled_Then_the_peer_gets_internal_error_and_the_bug_is_reported()
    {
        using var scene = new LinkScene();
        scene.Admission.Decide = _ => throw new InvalidOperationException("bug");

        var refused = Assert.IsType<DialResult.Refused>(await scene.DialAsync());

        Assert.Equal(ErrorCodes.InternalError, refused.Error.Code);
        Assert.DoesNotContain("bug", refused.Error.Message, StringComparison.Ordinal);
        Assert.Equal("bug", Assert.Single(scene.Admission.Faults).Message);
    }

    [Fact]
    public async Task Given_as_many_silent_peers_as_are_allowed_When_one_more_comes_Then_it_is_refused_and_live_links_stay()
    {
        using var scene = new LinkScene(LinkLimits.Default with { MaxUnauthenticated = 2 });
        var (agent, _) = await scene.ConnectAsync();
        using var first = scene.ConnectRaw();
        using var second = scene.ConnectRaw();

        using var third = scene.ConnectRaw();

        var goodbye = await third.ReceiveGoodbyeAsync();
        Assert.Equal(ErrorCodes.TooManyUnauthenticated, goodbye.Error.Code);
        Assert.True(goodbye.RetryAfterMs > 0);
        Assert.True(await agent.PingAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Given_a_peer_whose_clock_is_a_day_ahead_When_admitted_Then_the_skew_is_reported_and_nothing_breaks()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        var hello = Sockets.HelloOf(scene);
        hello.Hello.ClockUnixMs += (long)TimeSpan.FromDays(1).TotalMilliseconds;

        await peer.SendAsync(hello);

        Assert.NotNull((await peer.ReceiveAsync())?.Welcome);
        Assert.Equal(TimeSpan.FromDays(1), Assert.Single(scene.Admission.Candidates).ClockSkew);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task Given_a_peer_with_an_impossible_clock_When_it_says_hello_Then_it_is_judged_like_any_other(long clock)
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        var hello = Sockets.HelloOf(scene);
        hello.Hello.ClockUnixMs = clock;

        await peer.SendAsync(hello);

        Assert.NotNull((await peer.ReceiveAsync())?.Welcome);
    }

    [Fact]
    public async Task Given_a_stopping_site_When_it_drains_Then_links_end_with_its_reason_and_new_ones_are_refused()
    {
        using var scene = new LinkScene();
        await scene.ConnectAsync();

        await scene.Acceptor.DrainAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "The site restarts."), TimeSpan.FromSeconds(3));

        var end = await Wait.ForTask("the agent's end", scene.AgentRun);
        Assert.Equal((LinkEndKind.ClosedByPeer, ErrorCodes.LinkClosing, TimeSpan.FromSeconds(3)), (end.Kind, end.Error.Code, end.RetryAfter));
        Assert.IsType<DialResult.Refused>(await scene.DialAsync());
    }
}

using Hanse.Link.Pulse;
using Hanse.Link.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Pulse;

/// <summary>Dead and stalled peers are noticed, live ones are not cut, and the interval follows the number of links (L3).</summary>
public class LivenessTests
{
    [Fact]
    public async Task Given_two_live_nodes_When_many_heartbeats_pass_Then_the_link_stays()
    {
        using var scene = new LinkScene();
        var (agent, site) = await scene.ConnectAsync();

        for (var beat = 0; beat < 10; beat++)
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(16));
            await Wait.For("both to hear each other", () => site.SilentFor < TimeSpan.FromSeconds(2) && agent.SilentFor < TimeSpan.FromSeconds(2));
        }

        Assert.Null(agent.End);
        Assert.Equal(LinkHealth.Online, LinkHealthPlanner.Judge(site));
    }

    [Fact]
    public async Task Given_a_peer_that_falls_silent_When_three_heartbeats_pass_Then_it_is_degraded_and_then_cut()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        var site = await Wait.ForTask("the site's link", scene.SiteHandler.Opened.Task);

        scene.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((LinkHealth.Degraded, (LinkEnd?)null), (LinkHealthPlanner.Judge(site), site.End));
        scene.Clock.Advance(TimeSpan.FromSeconds(17));

        var end = await Wait.ForTask("the site's end", scene.SiteRun);
        Assert.Equal((LinkEndKind.Broken, ErrorCodes.PeerSilent), (end.Kind, end.Error.Code));
        Assert.Equal(LinkHealth.Offline, LinkHealthPlanner.Judge(site));
    }

    [Fact]
    public async Task Given_a_peer_that_sends_but_does_not_read_When_a_frame_is_stuck_Then_it_is_cut()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        var site = await Wait.ForTask("the site's link", scene.SiteHandler.Opened.Task);
        var stuck = site.RequestAsync<ExecutionReport>(
            Method.ExecutionOffer, new ExecutionOffer { Script = new Script { Body = new string('x', 200_000) } }, TimeSpan.FromHours(1)).AsTask();

        for (var second = 0; second < 60 && site.End is null; second += 10)
        {
            await peer.SendAsync(new Envelope { Ping = new Ping { Sequence = 1 } });
            await Wait.For("the ping to arrive", () => site.SilentFor < TimeSpan.FromSeconds(1) || site.End is not null);
            scene.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(ErrorCodes.PeerStalled, (await Wait.ForTask("the site's end", scene.SiteRun)).Error.Code);
        await Assert.ThrowsAsync<LinkException>(() => stuck);
    }

    [Fact]
    public async Task Given_a_budget_that_tightened_When_the_next_ping_comes_Then_the_pong_assigns_the_longer_interval()
    {
        var budget = new HeartbeatBudget { PerSecond = 0.05, Shortest = TimeSpan.FromSeconds(15), Longest = TimeSpan.FromMinutes(5) };
        using var scene = new LinkScene(heartbeats: budget);
        var (agent, site) = await scene.ConnectAsync();
        Assert.Equal(TimeSpan.FromSeconds(15), agent.Heartbeat);

        scene.Clock.Advance(TimeSpan.FromSeconds(16));

        await Wait.For("the new interval", () => agent.Heartbeat == TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(20), site.Heartbeat);
    }

    [Fact]
    public async Task Given_a_dead_peer_When_pinged_Then_the_answer_is_false_in_time()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        var site = await Wait.ForTask("the site's link", scene.SiteHandler.Opened.Task);

        var asked = site.PingAsync(TimeSpan.FromSeconds(3)).AsTask();
        Assert.NotNull((await peer.ReceiveAsync())!.Ping);
        scene.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.False(await Wait.ForTask("the answer", asked));
    }
}

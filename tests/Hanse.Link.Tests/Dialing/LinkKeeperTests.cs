using Hanse.Link.Dialing;
using Hanse.Link.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Dialing;

/// <summary>The keeper dials again and again, politely (L5), until it is told that it is useless.</summary>
public sealed class LinkKeeperTests : IDisposable
{
    private readonly LinkScene _scene = new();
    private readonly CancellationTokenSource _stop = new();
    private int _tries;

    public void Dispose()
    {
        _stop.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public async Task Given_a_server_that_asks_for_time_When_refused_Then_nothing_is_tried_before_that()
    {
        var keeper = Keeper(_ => Task.FromResult<DialResult>(
            new DialResult.Refused(LinkErrors.Of(ErrorCodes.AdmittedLater, "Full."), TimeSpan.FromSeconds(100))));
        var running = keeper.RunAsync(_stop.Token);
        await WaitingAsync(keeper);

        _scene.Clock.Advance(TimeSpan.FromSeconds(99));
        Assert.Equal(1, _tries);
        _scene.Clock.Advance(TimeSpan.FromSeconds(12));

        await Wait.For("the second try", () => _tries == 2);
        await StopAsync(running);
    }

    [Fact]
    public async Task Given_an_unreachable_server_When_tries_fail_Then_each_wait_is_within_its_bound_and_the_error_is_shown()
    {
        var keeper = Keeper(_ => Task.FromResult<DialResult>(new DialResult.Unreachable(LinkErrors.Of(ErrorCodes.Unreachable, "Refused."))));
        var running = keeper.RunAsync(_stop.Token);

        for (var failures = 0; failures < 10; failures++)
        {
            await WaitingAsync(keeper);
            Assert.InRange(keeper.Status.NextTry!.Value - _scene.Clock.GetUtcNow(), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(Math.Min(60, 1 << failures)));
            _scene.Clock.Advance(keeper.Status.NextTry.Value - _scene.Clock.GetUtcNow());
            await Wait.For("the next try", () => _tries == failures + 2);
        }

        Assert.Equal((LinkHealth.Offline, ErrorCodes.Unreachable), (keeper.Status.Health, keeper.Status.LastError!.Code));
        await StopAsync(running);
    }

    [Fact]
    public async Task Given_a_final_refusal_When_it_comes_Then_the_keeper_stops_and_says_why()
    {
        _scene.Client.Final = error => error.Code == "banned";
        var keeper = Keeper(_ => Task.FromResult<DialResult>(new DialResult.Refused(LinkErrors.Of("banned", "Banned."), TimeSpan.Zero)));

        var error = await Wait.ForTask("the keeper to stop", keeper.RunAsync(_stop.Token));

        Assert.Equal("banned", error!.Code);
        Assert.True(keeper.Status.Stopped);
        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task Given_a_link_that_is_lost_When_the_wait_is_over_Then_there_is_a_new_one()
    {
        var keeper = Keeper(_ => _scene.DialAsync());
        var running = keeper.RunAsync(_stop.Token);
        await Wait.For("the first link", () => keeper.Status.Health == LinkHealth.Online);
        var first = keeper.Link;

        _scene.Wire.Cut();
        await Wait.For("the loss", () => keeper.Status.Health == LinkHealth.Offline && keeper.Status.NextTry is not null);
        Assert.NotNull(keeper.Status.LastSuccess);
        keeper.TryNow();

        await Wait.For("the second link", () => keeper.Link is not null && keeper.Link != first);
        await StopAsync(running);
        Assert.Equal(LinkEndKind.ClosedByPeer, (await Wait.ForTask("the site's end", _scene.SiteRun)).Kind);
    }

    private LinkKeeper Keeper(LinkDial dial) => new(
        cancellation =>
        {
            Interlocked.Increment(ref _tries);
            return dial(cancellation);
        },
        _scene.Client,
        BackoffOptions.Default,
        new Random(17),
        _scene.Clock);

    /// <summary>The wait is announced before its timer is set: both must be there before time moves.</summary>
    private Task WaitingAsync(LinkKeeper keeper) =>
        Wait.For("the keeper to wait", () => keeper.Status.NextTry is not null && _scene.Clock.PendingTimers > 0);

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await Wait.ForTask("the keeper to stop", running);
    }
}

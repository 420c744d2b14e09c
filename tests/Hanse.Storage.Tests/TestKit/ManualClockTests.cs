using Hanse.TestKit;

namespace Hanse.Storage.Tests.TestKit;

/// <summary>The clock that all other tests trust.</summary>
public sealed class ManualClockTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Advance_past_a_delay_ends_it_and_not_before()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(5), _clock);
        Assert.Equal((1, TimeSpan.FromMinutes(5)), (_clock.PendingTimers, _clock.NextTimerIn));

        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);

        _clock.Advance(TimeSpan.FromTicks(1));
        await Wait.ForTask("the delay to end", delay);
        Assert.Equal(0, _clock.PendingTimers);
    }

    [Fact]
    public void Advance_over_several_timers_fires_each_at_its_own_instant_in_order()
    {
        var start = _clock.GetUtcNow();
        var seen = new List<string>();
        void Note(object? name) => seen.Add($"{name} {(_clock.GetUtcNow() - start).TotalSeconds}");
        using var late = _clock.CreateTimer(Note, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var every = _clock.CreateTimer(Note, "every", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        _clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(["every 2", "every 4", "late 5", "every 6"], seen);
    }

    [Fact]
    public void Advance_fires_what_a_callback_sets_on_the_way()
    {
        var fired = 0;
        ITimer? second = null;
        using var first = _clock.CreateTimer(
            _ => second = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan),
            null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(1, fired);
        second!.Dispose();
    }

    [Fact]
    public void Disposed_timer_does_not_fire()
    {
        var fired = 0;
        _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).Dispose();

        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(0, fired);
    }

    [Fact]
    public void JumpWallClock_moves_the_date_and_no_timer_nor_stopwatch()
    {
        var fired = 0;
        using var timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        var (wall, mark) = (_clock.GetUtcNow(), _clock.GetTimestamp());

        _clock.JumpWallClock(TimeSpan.FromDays(-1));

        Assert.Equal(wall.AddDays(-1), _clock.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, _clock.GetElapsedTime(mark));
        Assert.Equal(0, fired);
    }

    [Fact]
    public void Cancellation_source_on_the_clock_cancels_when_it_gets_there()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(3), _clock);

        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.True(source.IsCancellationRequested);
    }
}

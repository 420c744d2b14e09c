using Hanse.Link.Pulse;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Pulse;

/// <summary>One timer looks after all entries, none too early, none later than a granule.</summary>
public class PulseWheelTests
{
    private static readonly TimeSpan Granule = TimeSpan.FromMilliseconds(500);
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(0.1)]
    [InlineData(15)]
    [InlineData(127.5)]
    [InlineData(300)]
    [InlineData(1000.3)]
    public void Schedule_delay_is_pulsed_in_time(double seconds)
    {
        using var wheel = new PulseWheel(_clock);
        var entry = new Entry(_clock);

        wheel.Schedule(entry, TimeSpan.FromSeconds(seconds));
        _clock.Advance(TimeSpan.FromSeconds(seconds) + Granule * 2);

        var late = Assert.Single(entry.Pulses) - TimeSpan.FromSeconds(seconds);
        Assert.InRange(late, TimeSpan.Zero, Granule * 2);
    }

    [Fact]
    public void Pulse_that_asks_again_is_pulsed_again()
    {
        using var wheel = new PulseWheel(_clock);
        var entry = new Entry(_clock) { Again = TimeSpan.FromSeconds(10) };

        wheel.Schedule(entry, entry.Again);
        _clock.Advance(TimeSpan.FromSeconds(105));

        Assert.Equal(10, entry.Pulses.Count);
    }

    [Fact]
    public void Wheel_without_entries_has_no_timer_running()
    {
        using var wheel = new PulseWheel(_clock);
        var entries = Enumerable.Range(1, 100).Select(n => new Entry(_clock)).ToList();
        entries.ForEach(entry => wheel.Schedule(entry, TimeSpan.FromSeconds(5)));
        Assert.Equal(1, _clock.PendingTimers);

        entries.ForEach(wheel.Remove);

        Assert.Equal(0, _clock.PendingTimers);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.All(entries, entry => Assert.Empty(entry.Pulses));
    }

    [Fact]
    public void Entry_removed_while_it_is_pulsed_does_not_come_back()
    {
        using var wheel = new PulseWheel(_clock);
        var entry = new Entry(_clock) { Again = TimeSpan.FromSeconds(1) };
        entry.During = () => wheel.Remove(entry);

        wheel.Schedule(entry, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Single(entry.Pulses);
    }

    [Fact]
    public void Jump_of_the_wall_clock_pulses_nothing()
    {
        using var wheel = new PulseWheel(_clock);
        var entry = new Entry(_clock);
        wheel.Schedule(entry, TimeSpan.FromSeconds(10));

        _clock.JumpWallClock(TimeSpan.FromDays(1));
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(entry.Pulses);
    }

    private sealed class Entry(ManualClock clock) : PulseEntry
    {
        private readonly long _began = clock.GetTimestamp();

        public List<TimeSpan> Pulses { get; } = [];

        public TimeSpan Again { get; init; }

        public Action? During { get; set; }

        internal override TimeSpan OnPulse()
        {
            Pulses.Add(clock.GetElapsedTime(_began));
            During?.Invoke();
            return Again;
        }
    }
}

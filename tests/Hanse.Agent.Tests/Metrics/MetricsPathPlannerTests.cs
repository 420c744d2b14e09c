using Hanse.Agent.Metrics;

namespace Hanse.Agent.Tests.Metrics;

public sealed class MetricsPathPlannerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Begin_is_on_the_link_with_a_probe_at_once()
    {
        var path = MetricsPathPlanner.Begin(TimeSpan.Zero);
        Assert.False(path.ByDatagram);
        Assert.True(MetricsPathPlanner.WantsProbe(path, TimeSpan.Zero));
        Assert.False(MetricsPathPlanner.WantsProbe(MetricsPathPlanner.Sent(path), Second)); // one at a time
    }

    [Fact]
    public void Heard_of_the_first_probe_goes_by_datagram()
    {
        var path = Probe(MetricsPathPlanner.Begin(TimeSpan.Zero), arrives: true, Second);
        Assert.True(path.ByDatagram);
        Assert.False(MetricsPathPlanner.WantsReceipt(path));
        Assert.True(MetricsPathPlanner.WantsReceipt(Send(path, MetricsPathPlanner.Window)));
    }

    [Theory]
    [InlineData(6, true)]
    [InlineData(3, true)]
    [InlineData(2, false)]
    [InlineData(0, false)]
    public void Heard_of_half_a_window_stays_and_of_less_falls(int arrived, bool stays)
    {
        var path = Send(Probe(MetricsPathPlanner.Begin(TimeSpan.Zero), arrives: true, Second), MetricsPathPlanner.Window);
        path = MetricsPathPlanner.Heard(path, path.Received + (ulong)arrived, 40 * Second);
        Assert.Equal(stays, path.ByDatagram);
        Assert.False(MetricsPathPlanner.WantsProbe(path, 41 * Second)); // a fallen one waits
        Assert.Equal(!stays, MetricsPathPlanner.WantsProbe(path, (40 * Second) + Minute));
    }

    [Fact]
    public void Fallen_path_returns_after_three_probes_and_not_after_two()
    {
        var now = 40 * Second;
        var path = MetricsPathPlanner.Heard(Send(Probe(MetricsPathPlanner.Begin(TimeSpan.Zero), arrives: true, Second), 6), 1, now);
        now += Minute;
        for (var probe = 1; probe <= MetricsPathPlanner.ProbesAfterFall; probe++)
        {
            Assert.False(path.ByDatagram);
            path = Probe(path, arrives: true, now += 5 * Second);
        }

        Assert.True(path.ByDatagram);
    }

    [Fact]
    public void Blocked_path_is_probed_ever_more_seldom_and_at_least_every_half_hour()
    {
        var (path, now, probes) = (MetricsPathPlanner.Begin(TimeSpan.Zero), TimeSpan.Zero, new List<TimeSpan>());
        for (; now < TimeSpan.FromHours(4); now += 5 * Second)
        {
            path = MetricsPathPlanner.Heard(path, 0, now);
            if (MetricsPathPlanner.WantsProbe(path, now))
            {
                probes.Add(now);
                path = MetricsPathPlanner.Sent(path);
            }
        }

        var waits = probes.Zip(probes.Skip(1), (a, b) => b - a).Select(w => (int)w.TotalMinutes).ToList();
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30], waits);
    }

    [Fact]
    public void Path_that_comes_and_goes_moves_seldom()
    {
        var (path, now, received, moves) = (MetricsPathPlanner.Begin(TimeSpan.Zero), TimeSpan.Zero, 0UL, 0);
        for (var step = 0; now < TimeSpan.FromHours(6); now += 5 * Second, step++)
        {
            var passes = step / 60 % 2 == 0; // five minutes open, five minutes shut
            var was = path.ByDatagram;
            if (!path.ByDatagram || MetricsPathPlanner.WantsReceipt(path))
            {
                path = MetricsPathPlanner.Heard(path, received, now);
            }

            if (path.ByDatagram || MetricsPathPlanner.WantsProbe(path, now))
            {
                path = MetricsPathPlanner.Sent(path);
                received += passes ? 1UL : 0;
            }

            moves += was == path.ByDatagram ? 0 : 1;
        }

        Assert.InRange(moves, 1, 24); // of 72 changes of the path
    }

    [Fact]
    public void Path_that_held_for_an_hour_owes_nothing_for_earlier_falls()
    {
        var path = Probe(MetricsPathPlanner.Begin(TimeSpan.Zero) with { Falls = 5 }, arrives: true, Second);
        var early = MetricsPathPlanner.Heard(Send(path, 6), path.Received + 6, 10 * Minute);
        Assert.Equal(5, early.Falls);
        Assert.Equal(0, MetricsPathPlanner.Heard(Send(early, 6), early.Received + 6, 61 * Minute).Falls);
    }

    [Fact]
    public void Heard_of_a_counter_that_went_back_is_no_arrival() =>
        Assert.False(MetricsPathPlanner.Heard(MetricsPathPlanner.Sent(MetricsPathPlanner.Begin(TimeSpan.Zero) with { Received = 9 }), 3, Second).ByDatagram);

    private static MetricsPath Probe(MetricsPath path, bool arrives, TimeSpan now) =>
        MetricsPathPlanner.Heard(MetricsPathPlanner.Sent(path), path.Received + (arrives ? 1UL : 0), now);

    private static MetricsPath Send(MetricsPath path, int count) =>
        Enumerable.Range(0, count).Aggregate(path, (p, _) => MetricsPathPlanner.Sent(p));
}

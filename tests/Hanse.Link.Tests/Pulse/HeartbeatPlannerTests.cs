using FsCheck;
using FsCheck.Fluent;
using Hanse.Link.Pulse;

namespace Hanse.Link.Tests.Pulse;

/// <summary>All heartbeats together keep the budget (L3).</summary>
public class HeartbeatPlannerTests
{
    private static readonly HeartbeatBudget Budget = new() { PerSecond = 100, Shortest = TimeSpan.FromSeconds(10), Longest = TimeSpan.FromSeconds(60) };

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(1000, 10)]
    [InlineData(2000, 20)]
    [InlineData(6000, 60)]
    [InlineData(60000, 60)]
    public void Interval_links_is_the_shortest_within_the_budget(int links, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), HeartbeatPlanner.Interval(links, Budget));

    [Fact]
    public void Interval_any_links_keeps_bounds_and_budget() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(
        Gen.Choose(-5, 6000).ToArbitrary(),
        links =>
        {
            var interval = HeartbeatPlanner.Interval(links, Budget);
            return interval >= Budget.Shortest && interval <= Budget.Longest && links / interval.TotalSeconds <= Budget.PerSecond + 1e-6;
        }));
}

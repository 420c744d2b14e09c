using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Plan;

/// <summary>A seed is worth keeping only if it gives the same plan every time.</summary>
public sealed class FaultPlannerTests
{
    private static readonly PlanLimits Limits = new(
        Enum.GetValues<FaultKind>(), ["coordinator", "north", "south"], ["agent-1", "agent-2"], "south", TimeSpan.FromSeconds(30));

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public void Plan_of_the_same_seed_is_the_same() => Assert.Equal(FaultPlanner.Plan(42, Long, Limits), FaultPlanner.Plan(42, Long, Limits));

    [Fact]
    public void Plan_of_another_seed_is_another() => Assert.NotEqual(FaultPlanner.Plan(42, Long, Limits), FaultPlanner.Plan(43, Long, Limits));

    [Fact]
    public void Plan_of_any_seed_does_everything_and_never_two_things_to_one_node()
    {
        for (var number = 0; number < 200; number++)
        {
            var seed = Chance.Seed + number;
            var plan = FaultPlanner.Plan(seed, Long, Limits);

            Assert.Empty(Limits.Kinds.Except(plan.Select(f => f.Kind)));
            Assert.All(plan, f => Assert.True(f.Until <= Long, $"{f} outlasts the run of seed {seed}"));
            foreach (var node in plan.GroupBy(f => f.Node, StringComparer.Ordinal))
            {
                Assert.All(node.Zip(node.Skip(1)), pair => Assert.True(pair.First.Until < pair.Second.At, $"{pair.First} and {pair.Second} of seed {seed}"));
            }
        }
    }
}

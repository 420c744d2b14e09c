using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Plan;

/// <summary>From a seed and the time there is to the faults of a run. Pure: the same input gives the same plan. Faults overlap, but never two on one node, for
/// each has to be healed as it was done; every kind that can be done occurs once before any occurs twice; all end before the run does.</summary>
public static class FaultPlanner
{
    /// <summary>Between two faults, on the average.</summary>
    private const double Gap = 2.0;

    public static IReadOnlyList<Fault> Plan(int seed, TimeSpan duration, PlanLimits limits)
    {
        var dice = Chance.Of(seed, 0);
        var faults = new List<Fault>();
        var bag = new List<FaultKind>();
        for (var at = 1.0; at < duration.TotalSeconds; at += Gap * (0.5 + dice.NextDouble()))
        {
            if (bag.Count == 0)
            {
                bag.AddRange(limits.Kinds);
            }

            var kind = bag[dice.Next(bag.Count)];
            var lasts = Lasts(kind, limits, dice);
            var free = limits.NodesFor(kind).Where(node => !faults.Exists(f => f.Node == node && f.Until.TotalSeconds > at - 1)).ToList();
            if (free.Count == 0 || at + lasts > duration.TotalSeconds)
            {
                continue; // it stays in the bag for a better moment
            }

            bag.Remove(kind);
            faults.Add(new Fault(
                TimeSpan.FromSeconds(at), TimeSpan.FromSeconds(lasts), kind, free[dice.Next(free.Count)],
                kind == FaultKind.ClockJump ? dice.Next(20, 900) * (dice.Next(2) == 0 ? 1 : -1) : 0));
        }

        return faults;
    }

    private static double Lasts(FaultKind kind, PlanLimits limits, Random dice) => kind switch
    {
        FaultKind.KillDatabase => 0.5,
        FaultKind.Expiry => limits.LeafLifetime.TotalSeconds + 5,
        FaultKind.FullDisk => 4 + (6 * dice.NextDouble()),
        FaultKind.Restore => 6 + (14 * dice.NextDouble()),
        _ => 1 + (9 * dice.NextDouble()),
    };
}

/// <summary>What a plan may do, and to whom.</summary>
public sealed record PlanLimits(
    IReadOnlyList<FaultKind> Kinds, IReadOnlyList<string> Servers, IReadOnlyList<string> Agents, string SmallDisk, TimeSpan LeafLifetime)
{
    public IReadOnlyList<string> NodesFor(FaultKind kind) => kind switch
    {
        FaultKind.KillDatabase or FaultKind.Restore => Servers,
        FaultKind.FullDisk => [SmallDisk],
        FaultKind.Expiry => Agents,
        _ => [.. Servers, .. Agents],
    };
}

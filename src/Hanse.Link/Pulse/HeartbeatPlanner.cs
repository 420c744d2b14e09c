namespace Hanse.Link.Pulse;

/// <summary>What all heartbeats of one server may cost together (L3).</summary>
public sealed record HeartbeatBudget
{
    public static HeartbeatBudget Default { get; } = new();

    /// <summary>Heartbeats a second, over all links.</summary>
    public double PerSecond { get; init; } = 250;

    /// <summary>Few links beat no faster than this.</summary>
    public TimeSpan Shortest { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A dead peer must be noticed, so no link beats slower than this, even where the budget would ask for it.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>The interval at which each of a server's links beats. Pure.</summary>
public static class HeartbeatPlanner
{
    /// <summary>The shortest permitted interval at which <paramref name="links"/> links together stay within the budget. The total exceeds
    /// the budget only where <see cref="HeartbeatBudget.Longest"/> forces it: above PerSecond × Longest links.</summary>
    public static TimeSpan Interval(int links, HeartbeatBudget budget)
    {
        var fair = TimeSpan.FromSeconds(Math.Max(0, links) / budget.PerSecond);
        return fair < budget.Shortest ? budget.Shortest : fair > budget.Longest ? budget.Longest : fair;
    }
}

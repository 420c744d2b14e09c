namespace Hanse.Coordinator.Hosts.Search;

/// <summary>Bounds of a search (S3).</summary>
public sealed record HostSearchOptions
{
    /// <summary>With more matches than these the order is by id, which needs no look at all of them.</summary>
    public int SortableRows { get; init; } = 10_000;

    /// <summary>Where about so many rows or fewer must be looked at, the order is by hostname whatever it costs; above, where that is cheaper.</summary>
    public int AlwaysSorted { get; init; } = 2_500;

    /// <summary>A bounded count ends here: “1,000+”.</summary>
    public int CountBound { get; init; } = 1_000;

    /// <summary>Rows looked at to judge how broad a search is. Ids are random, so the next rows by id are a fair sample.</summary>
    public int Sample { get; init; } = 1_000;

    /// <summary>After this long the answer is what was found, marked as truncated.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After this long an exact count is given up for the bounded one.</summary>
    public TimeSpan ExactCountTimeLimit { get; init; } = TimeSpan.FromSeconds(5);
}

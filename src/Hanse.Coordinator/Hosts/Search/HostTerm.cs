namespace Hanse.Coordinator.Hosts.Search;

/// <summary>What the index is asked for in one condition. <see cref="Index"/> is written so that the index matches it, <see cref="Named"/> so that it
/// can be judged on a row at hand: true for the rows that the index names, or nearly so.</summary>
internal sealed record HostTerm(string Index, string Named)
{
    /// <summary>How many texts the index is asked for one by one.</summary>
    public int Texts { get; init; } = 1;

    /// <summary>True for one that is asked for in place of the terms of many texts, which name fewer rows, and never beside them.</summary>
    public bool InPlaceOfMany { get; init; }

    /// <summary>How many lists of rows the index compares for it, each at least as long as what it names.</summary>
    public int Lists { get; init; } = 1;
}

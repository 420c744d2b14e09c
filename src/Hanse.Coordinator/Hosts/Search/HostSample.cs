namespace Hanse.Coordinator.Hosts.Search;

/// <summary>What reading on by id showed: a page's worth of matches, and a fair sample of how broad each predicate is, since ids are random.</summary>
internal sealed record HostSample(long Rows, Guid? Last, IReadOnlyList<Guid> Matches, long Hits, IReadOnlyList<long> HitsByPredicate, long TableRows)
{
    /// <summary>True if more rows match than are sorted by hostname, by three standard deviations: once in a thousand searches near the
    /// bound it is wrong, and then only the order is the other one.</summary>
    public bool IsBroad(int sortableRows) => Hits > 9 && Estimate * (1 - (3 / Math.Sqrt(Hits))) > sortableRows;

    /// <summary>True if a larger sample would settle whether the search is broad.</summary>
    public bool IsUnsettled(int sortableRows) => Hits > 9 && Estimate > sortableRows && !IsBroad(sortableRows);

    /// <summary>How many rows must be read to find so many more, with a little to spare.</summary>
    public int RowsFor(int missing, int most) => (int)Math.Min(most, Math.Max(Rows / 4, missing * 1.25 * Rows / Math.Max(Hits, 1)));

    /// <summary>Both as one sample.</summary>
    public HostSample With(HostSample next) => this with
    {
        Rows = Rows + next.Rows,
        Hits = Hits + next.Hits,
        HitsByPredicate = [.. HitsByPredicate.Zip(next.HitsByPredicate, (a, b) => a + b)],
    };

    private double Estimate => Rows == 0 ? 0 : (double)TableRows * Hits / Rows;

    /// <summary>The predicates whose index is worth reading: the narrowest, with every other narrow one; if all are broad, their intersection.</summary>
    public IReadOnlyList<HostPredicate> Drivers(IReadOnlyList<HostPredicate> predicates)
    {
        var indexed = predicates.Select((p, i) => (Predicate: p, Share: Rows == 0 ? 0 : (double)HitsByPredicate[i] / Rows))
            .Where(p => p.Predicate.Index is not null).OrderBy(p => p.Share).ToList();
        if (indexed.Count == 0)
        {
            return [];
        }

        var limit = indexed[0].Share <= 0.05 ? Math.Max(0.05, indexed[0].Share) : 0.6;
        return [.. indexed.Where((p, i) => i == 0 || p.Share <= limit).Select(p => p.Predicate)];
    }
}

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>What reading on by id showed: a page's worth of matches, and a fair sample of how broad each predicate is, since ids are random.</summary>
internal sealed record HostSample(long Rows, Guid? Last, IReadOnlyList<Guid> Matches, long Hits, IReadOnlyList<long> HitsByPredicate, long TableRows)
{
    private const double Spare = 1.25;

    // What the index names for a text is compared with a part of the ids at about the cost of looking at so many rows (measured at a million).
    private const double PartCost = 100;

    /// <summary>Rows on which each predicate was judged by itself; of a range that indexes named only the matches are known.</summary>
    public long Judged { get; init; }

    /// <summary>Rows that the indexes name, each of which must be looked at before all matches are known; without an index, the matches.</summary>
    public long Candidates { get; init; }

    public static HostSample Nothing(int predicates) => new(0, null, [], 0, new long[predicates], 0);

    /// <summary>True if a page by id is the cheaper one: more rows must be looked at than are always sorted by hostname, and to read them all would cost
    /// more than to read on by id until a page is full. Where few of the rows that the index names match, it would not.</summary>
    public bool IsBroad(int alwaysSorted, int page, IReadOnlyList<HostPredicate> drivers)
    {
        var part = Math.Min(1, page * Spare * Rows / (TableRows * (Hits + 0.5)));
        var perTable = Math.Min(TableRows, drivers.Count == 0 ? TableRows : (PartCost * HostIdRange.PartCount * Texts(drivers)) + ToLookAt);
        return ToLookAt > alwaysSorted && part * perTable < ToLookAt;
    }

    /// <summary>True if that is beyond doubt, by three standard deviations.</summary>
    public bool IsSettled(int alwaysSorted) => (double)TableRows / Rows * (Candidates - (3 * Math.Sqrt(Candidates))) > alwaysSorted;

    /// <summary>True if more than so many rows match, by three standard deviations.</summary>
    public bool MatchMoreThan(int number) => Rows > 0 && (double)TableRows / Rows * (Hits - (3 * Math.Sqrt(Hits))) > number;

    /// <summary>How many rows must be read to find so many more, with a little to spare.</summary>
    public int RowsFor(int missing, int most) => (int)Math.Min(most, Math.Max(Rows / 4, missing * Spare * Rows / Math.Max(Hits, 1)));

    /// <summary>Both as one sample.</summary>
    public HostSample With(HostSample next) => this with
    {
        Rows = Rows + next.Rows,
        Judged = Judged + next.Judged,
        TableRows = Math.Max(TableRows, next.TableRows),
        Hits = Hits + next.Hits,
        Candidates = Candidates + next.Candidates,
        HitsByPredicate = [.. HitsByPredicate.Zip(next.HitsByPredicate, (a, b) => a + b)],
    };

    /// <summary>What a range costs in rows looked at: those that the index names, and the look through each part for each text; one of two letters is some seventy.</summary>
    public double CostOf(HostIdRange range, IReadOnlyList<HostPredicate> drivers) =>
        NamedOf(range.Rows) + (PartCost * range.Parts.Count * Texts(drivers));

    private double ToLookAt => NamedOf(TableRows);

    private static int Texts(IReadOnlyList<HostPredicate> drivers) => drivers.Sum(d => d.Texts);

    private double NamedOf(long rows) => Rows == 0 ? 0 : (double)rows * Candidates / Rows;

    /// <summary>The predicates whose index is worth reading: the narrowest, with every other narrow one; if all are broad, their intersection.</summary>
    public IReadOnlyList<HostPredicate> Drivers(IReadOnlyList<HostPredicate> predicates)
    {
        var indexed = predicates.Select((p, i) => (Predicate: p, Share: Judged == 0 ? 0 : (double)HitsByPredicate[i] / Judged))
            .Where(p => p.Predicate.Index is not null).OrderBy(p => p.Share).ToList();
        if (indexed.Count == 0)
        {
            return [];
        }

        var limit = indexed[0].Share <= 0.05 ? Math.Max(0.05, indexed[0].Share) : 0.6;
        return [.. indexed.Where((p, i) => i == 0 || p.Share <= limit).Select(p => p.Predicate)];
    }
}

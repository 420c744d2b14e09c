namespace Hanse.Coordinator.Hosts.Search;

/// <summary>What reading on by id showed: a page's worth of matches, and a fair sample of how broad each predicate is, since ids are random.</summary>
internal sealed record HostSample(long Rows, Guid? Last, IReadOnlyList<Guid> Matches, long Hits, IReadOnlyList<long> NamedByTerm, long TableRows)
{
    private const double Spare = 1.25;

    // A search of which less was seen than this reads for so many matches at least, if its conditions are independent of each other: one match more or less
    // in a sample must not make it read a tenth of the table.
    private const double FewHits = 5;

    // What work costs, in rows looked at one by one by id, at a million rows: a row that the index names; an entry of a list that the index goes through; a
    // text that it is asked for; a part of the ids that it compares with a text.
    private const double NamedCost = 2;
    private const double EntryCost = 0.005;
    private const double TextCost = 100;
    private const double PartCost = 100;

    /// <summary>Rows on which each predicate was judged by itself; of a range that indexes named only the matches are known.</summary>
    public long Judged { get; init; }

    /// <summary>Rows that the indexes name, each of which must be looked at before all matches are known; without an index, the matches.</summary>
    public long Candidates { get; init; }

    public static HostSample Nothing(IReadOnlyList<HostPredicate> predicates) => new(0, null, [], 0, new long[predicates.Sum(p => p.Terms.Count)], 0);

    /// <summary>True if a page by id is the cheaper one: more rows must be looked at than are always sorted by hostname, and to read them all would cost
    /// more than to read on by id until a page is full. Where few of the rows that the index names match, it would not.</summary>
    public bool IsBroad(int alwaysSorted, int page, IReadOnlyList<HostPredicate> predicates)
    {
        var sorting = Drivers(predicates, TableRows, parts: 0);
        var toSort = sorting.Share * TableRows;
        var part = Math.Min(1, page * Spare * Rows / (TableRows * (Hits + 0.25)));
        var reading = Cost(Drivers(predicates, TableRows, HostIdRange.PartCount), TableRows, HostIdRange.PartCount);
        return toSort > alwaysSorted && part * Math.Min(TableRows, reading) < Cost(sorting, TableRows, parts: 0);
    }

    /// <summary>True if that is beyond doubt, by three standard deviations.</summary>
    public bool IsSettled(int alwaysSorted) => (double)TableRows / Rows * (Candidates - (3 * Math.Sqrt(Candidates))) > alwaysSorted;

    /// <summary>True if more than so many rows match, by three standard deviations.</summary>
    public bool MatchMoreThan(int number) => Rows > 0 && (double)TableRows / Rows * (Hits - (3 * Math.Sqrt(Hits))) > number;

    /// <summary>How many rows must be read to find so many more, with a little to spare.</summary>
    public int RowsFor(int missing, int most)
    {
        var independent = Judged == 0 ? 0 : NamedByTerm.Aggregate((double)Rows, (rows, named) => rows * named / Judged);
        return (int)Math.Min(most, Math.Max(Rows / 4, missing * Spare * Rows / Math.Max(Math.Max(Hits, 1), Math.Min(independent, FewHits))));
    }

    /// <summary>Both as one sample.</summary>
    public HostSample With(HostSample next) => this with
    {
        Rows = Rows + next.Rows,
        Judged = Judged + next.Judged,
        TableRows = Math.Max(TableRows, next.TableRows),
        Hits = Hits + next.Hits,
        Candidates = Candidates + next.Candidates,
        NamedByTerm = [.. NamedByTerm.Zip(next.NamedByTerm, (a, b) => a + b)],
    };

    /// <summary>What a range costs in rows looked at: those that the index names, the lists it goes through, since a range is spread over all of each, and
    /// the look through each part for each text; one of two letters is some seventy.</summary>
    public double CostOf(HostIdRange range, HostDrivers drivers) => Cost(drivers, range.Rows, range.Parts.Count);

    /// <summary>The terms that the index is worth asking for when it names rows among so many in so many parts of the ids, none for all of them: the
    /// narrowest, and each other one that spares more rows than its lists cost; without those of many texts where that is cheaper.</summary>
    public HostDrivers Drivers(IReadOnlyList<HostPredicate> predicates, long among, int parts)
    {
        var terms = predicates.SelectMany(p => p.Terms).Zip(NamedByTerm, (term, hits) => (Term: term, Share: Judged == 0 ? 0 : (hits + 0.5) / (Judged + 1)))
            .OrderBy(t => t.Share).ToList();
        var drivers = Drivers(terms.Where(t => !t.Term.InPlaceOfMany), among);

        // Where the index is asked for all terms the sample has seen how many rows they name together; else they are taken to be independent.
        var named = Rows == 0 ? 0 : (double)Candidates / Rows;
        drivers = drivers with { Share = drivers.Terms.Count == terms.Count(t => !t.Term.InPlaceOfMany) ? named : Math.Max(named, drivers.Share) };
        if (terms.Any(t => t.Term.InPlaceOfMany))
        {
            var simple = Drivers(terms.Where(t => t.Term.Texts == 1), among);
            return Cost(simple, among, parts) < Cost(drivers, among, parts) ? simple : drivers;
        }

        return drivers;
    }

    private HostDrivers Drivers(IEnumerable<(HostTerm Term, double Share)> terms, long among)
    {
        var drivers = new HostDrivers([], 1, 0);
        foreach (var (term, share) in terms)
        {
            var entries = term.Lists * share;
            if (drivers.Terms.Count == 0 || NamedCost * among * drivers.Share * (1 - share) > EntryCost * entries * TableRows)
            {
                drivers = new([.. drivers.Terms, term], drivers.Share * share, drivers.Entries + entries);
            }
        }

        return drivers;
    }

    private double Cost(HostDrivers drivers, long rows, int parts) => drivers.Terms.Count == 0
        ? rows
        : (NamedCost * drivers.Share * rows) + (EntryCost * drivers.Entries * TableRows) + (drivers.Texts * (TextCost + (PartCost * parts)));
}

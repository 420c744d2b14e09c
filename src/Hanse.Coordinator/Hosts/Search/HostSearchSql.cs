namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The statements of a search, put together from its predicates; no value is ever part of the text.</summary>
internal static class HostSearchSql
{
    /// <summary>One way through the table only for each statement: the planner's guesses about substrings are no guide.</summary>
    public static string Settings(TimeSpan timeLimit, bool seqScan) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"""
        select set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), set_config('enable_seqscan', '{(seqScan ? "on" : "off")}', true),
               set_config('work_mem', '32MB', true), set_config('statement_timeout', '{(int)timeLimit.TotalMilliseconds}', true)
        """);

    /// <summary>Reads on by id: how many rows there were, the last one, the first matches, how many in all, how many rows each term names, and how many
    /// all of them do.</summary>
    public static string Walk(IReadOnlyList<HostPredicate> predicates)
    {
        var terms = predicates.SelectMany(p => p.Terms).ToList();
        var judged = predicates.Select(p => p.Filter).Concat(terms.Select(t => t.Named)).Distinct(StringComparer.Ordinal).ToList();
        var flags = string.Concat(judged.Select((sql, i) => $", coalesce({sql}, false) f{i}"));
        var all = All(predicates.Select(p => p.Filter));
        var counts = terms.Count == 0 ? "array[]::bigint[]" : $"array[{string.Join(", ", terms.Select(t => $"count(*) filter (where {Flag(t.Named)})"))}]";
        return $"""
            select count(*), (array_agg(id))[count(*)], (array_agg(id) filter (where {all}))[1:@limit], count(*) filter (where {all}), {counts},
                   (select reltuples::bigint from pg_class where oid = 'hosts_host'::regclass),
                   count(*) filter (where {(terms.Count == 0 ? all : All(terms.Select(t => t.Named)))})
            from (select id{flags} from (select * from hosts_host where id > @after order by id limit @rows) read offset 0) judged
            """;

        string Flag(string sql) => $"f{judged.IndexOf(sql)}";
        string All(IEnumerable<string> conditions) => string.Join(" and ", conditions.Select(Flag).Distinct(StringComparer.Ordinal).DefaultIfEmpty("true"));
    }

    /// <summary>What the index names in a range of ids: how many rows, how many of them match, and the first that do. The range itself is judged on the
    /// rows, so that no other index can be taken for it.</summary>
    public static string Range(IReadOnlyList<HostPredicate> predicates, IReadOnlyList<HostTerm> drivers) => $"""
        select count(*), count(*) filter (where matches), (array_agg(id order by id) filter (where matches))[1:@limit]
        from (
            select id, {string.Join(" and ", predicates.Select(p => $"coalesce({p.Filter}, false)"))} matches
            from (select * from hosts_host where {HostIdRange.PartSql} && @parts and {string.Join(" and ", drivers.Select(d => d.Index))} offset 0) named
            where id > @after offset 0
        ) read
        """;

    /// <summary>Finds matches up to a bound, sorts them, and gives a page: their number in every row, ids in order.</summary>
    public static string Find(IReadOnlyList<HostPredicate> predicates, IReadOnlyList<HostTerm> drivers) => $"""
        with found as materialized (select id, hostname from hosts_host where {Where(predicates, drivers)} limit @bound)
        select all_found.number, page.id, page.hostname
        from (select count(*) number from found) all_found
        left join (
            select id, hostname from found where (hostname, id) > (@hostname collate "C", @after) order by hostname, id limit @limit
        ) page on true
        order by page.hostname, page.id
        """;

    public static string Count(IReadOnlyList<HostPredicate> predicates) =>
        $"select count(*) from hosts_host where {Where(predicates, [.. predicates.SelectMany(p => p.Terms)])}";

    private static string Where(IReadOnlyList<HostPredicate> predicates, IReadOnlyList<HostTerm> drivers)
    {
        var conditions = drivers.Select(d => d.Index).Concat(predicates.Select(p => p.Filter)).ToList();
        return conditions.Count == 0 ? "true" : string.Join(" and ", conditions);
    }
}

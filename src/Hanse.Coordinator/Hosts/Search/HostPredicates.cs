using System.Net;
using Hanse.Protocol.Ids;
using Npgsql;
using NpgsqlTypes;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>Writes the conditions of a search. All values are parameters.</summary>
internal static class HostPredicates
{
    // What HostnamePatterns adds around a text is printable ASCII: the few names that hold anything else have an index of their own.
    private const string Unusual = "hostname ~ '[^ -~]'";

    private const string Keys = "array[site, -platform]";

    public static IReadOnlyList<HostPredicate> Of(HostQuery query)
    {
        var all = new List<HostPredicate>();
        if (!string.IsNullOrEmpty(query.Text))
        {
            all.Add(Text(query.Text.ToLowerInvariant()));
        }

        if (query.Site is { } site)
        {
            all.Add(Site(site));
        }

        if (query.Address is { } address)
        {
            all.Add(Address(address, "address"));
        }

        all.AddRange(query.Tags.Select(Tag));
        if (!string.IsNullOrEmpty(query.Os))
        {
            const string Matching = "array(select {0}id from hosts_platform where strpos(lower(os), @os) > 0 or strpos(lower(family), @os) > 0)";
            all.Add(One(
                $"platform = any({string.Format(null, Matching, "")})",
                $"{Keys} && {string.Format(null, Matching, "-")}",
                [new("os", query.Os.ToLowerInvariant())]));
        }

        if (query.Status is { } status)
        {
            // In no index: it changes too often (data tiers). Alone it is answered by reading on by id.
            all.Add(new("status = @status", [], [new("status", (short)status)]));
        }

        return all;
    }

    // A condition that the index knows in one piece, and names no more rows for than the filter lets through, or few more.
    private static HostPredicate One(string filter, string index, IReadOnlyList<NpgsqlParameter> parameters, int lists = 1) =>
        new(filter, [new(index, filter) { Lists = lists }], parameters);

    private static HostPredicate Text(string text)
    {
        var ways = new List<HostPredicate> { Name(text) };
        if (IdRange(text) is var (first, last))
        {
            ways.Add(One("id between @first and @last", "id between @first and @last", [new("first", first), new("last", last)]));
        }

        // "web1" is no address; "10.", "10.1" and "fe80:" may be. A bare number is a part of a name.
        if (text.AsSpan().ContainsAny('.', ':') && AddressPattern.TryParse(text, out var pattern))
        {
            ways.Add(Address(pattern!, "qaddress"));
        }

        return ways.Count == 1 ? ways[0] : AnyOf(ways);
    }

    private static HostPredicate Name(string text)
    {
        const string Filter = "strpos(hostname, @q) > 0";
        var words = HostnamePatterns.AllOf(text);
        var patterns = words ?? HostnamePatterns.AnyOf(text) ?? [];
        var parameters = new List<NpgsqlParameter> { new("q", text) };
        parameters.AddRange(patterns.Select((pattern, i) => new NpgsqlParameter($"like{i}", pattern)));
        var likes = patterns.Select((_, i) => $"hostname like @like{i}").ToList();
        if (words is not null)
        {
            // Of the trigrams of a word each has a list; the pattern has a sign on either side.
            return new(Filter, [.. words.Select((word, i) => new HostTerm(likes[i], likes[i]) { Lists = Math.Max(1, word.Length - 4) })], parameters);
        }

        var terms = new List<HostTerm>();
        if (likes.Count > 0)
        {
            terms.Add(new($"({string.Join(" or ", likes)} or {Unusual})", Filter) { Texts = likes.Count });
        }

        if (HostnamePatterns.WordBegunBy(text) is { } begun)
        {
            const string Named = "(starts_with(hostname, @begun) or strpos(hostname, '-' || @begun) > 0 or strpos(hostname, '.' || @begun) > 0)";
            terms.Add(new("hostname like @word", Named) { InPlaceOfMany = true });
            parameters.AddRange([new("word", $"%{HostnamePatterns.Escape(text[^2..])}%"), new("begun", begun.ToString())]);
        }

        return new(Filter, terms, parameters);
    }

    // Each way is looked for by itself, so all must be in the index.
    private static HostPredicate AnyOf(IReadOnlyList<HostPredicate> ways)
    {
        var filter = $"({string.Join(" or ", ways.Select(w => w.Filter))})";
        var index = $"({string.Join(" or ", ways.Select(w => $"({string.Join(" and ", w.Terms.Select(t => t.Index))})"))})";
        var terms = ways.All(w => w.Terms.Count > 0) ? new[] { new HostTerm(index, filter) { Texts = ways.Max(w => w.Terms.Max(t => t.Texts)) } } : [];
        return new(filter, terms, [.. ways.SelectMany(w => w.Parameters)]);
    }

    private static HostPredicate Site(string site)
    {
        const string Matching = "array(select key from sites_site where id = @siteId or (lower(name) = lower(@siteName) and status <> 3))";
        return One(
            $"site = any({Matching})",
            $"{Keys} && {Matching}",
            [
                new("siteId", NpgsqlDbType.Uuid) { Value = SiteId.TryParse(site, out var id) ? id.Value : DBNull.Value },
                new("siteName", site),
            ]);
    }

    private static HostPredicate Address(AddressPattern pattern, string name)
    {
        var keys = NetworkKeys.Covering(pattern.Networks);
        var parameters = new List<NpgsqlParameter> { Networks(name, pattern.Networks) };
        if (keys is not null)
        {
            parameters.Add(Networks(name + "Keys", keys));
        }

        var filter = InAny(pattern.Networks.Count, name);
        return keys is null ? new(filter, [], parameters) : One(filter, $"hosts_networks(addresses) && @{name}Keys", parameters, keys.Count);
    }

    // Each row read by id is judged by this: a subquery a row takes ten times as long as the comparison by itself, so only many networks get one.
    private static string InAny(int networks, string name) => networks is > 0 and <= 8
        ? $"({string.Join(" or ", Enumerable.Range(1, networks).Select(i => $"(@{name})[{i}] >>= any(addresses)"))})"
        : $"exists (select from unnest(addresses) address where address <<= any(@{name}))";

    private static NpgsqlParameter Networks(string name, IReadOnlyList<IPNetwork> networks) =>
        new(name, NpgsqlDbType.Array | NpgsqlDbType.Cidr) { Value = networks.ToArray() };

    private static HostPredicate Tag(string tag, int number) => One(
        $"(strpos(tags, @tag{number}) > 0 or strpos(tags, @assigned{number}) > 0)",
        $"{HostTagsStore.ArraySql} && @tags{number}",
        [
            new($"tag{number}", HostTagsStore.Join([tag], [])),
            new($"assigned{number}", HostTagsStore.Join([], [tag])),
            new($"tags{number}", new[] { tag, HostTagsStore.Mark + tag }),
        ]);

    /// <summary>The ids that begin with these digits: eight at least, or every name such as “cafe” would also mean ids.</summary>
    private static (Guid First, Guid Last)? IdRange(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= 8 and <= 32 && digits.All(char.IsAsciiHexDigit)
            ? (Guid.ParseExact(digits.PadRight(32, '0'), "n"), Guid.ParseExact(digits.PadRight(32, 'f'), "n"))
            : null;
    }
}

using System.Net;
using Hanse.Protocol.Ids;
using Npgsql;
using NpgsqlTypes;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>Writes the conditions of a search. All values are parameters.</summary>
internal static class HostPredicates
{
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
            all.Add(new(
                $"platform = any({string.Format(null, Matching, "")})",
                $"{Keys} && {string.Format(null, Matching, "-")}",
                [new("os", query.Os.ToLowerInvariant())]));
        }

        if (query.Status is { } status)
        {
            // In no index: it changes too often (data tiers). Alone it is answered by reading on by id.
            all.Add(new("status = @status", null, [new("status", (short)status)]));
        }

        return all;
    }

    private static HostPredicate Text(string text)
    {
        var filters = new List<string> { "strpos(hostname, @q) > 0" };
        var all = HostnamePatterns.AllOf(text);
        var patterns = all ?? HostnamePatterns.AnyOf(text);
        var indexes = new List<string?> { patterns is null ? null : Likes(patterns.Count, all is not null) };
        var parameters = new List<NpgsqlParameter> { new("q", text) };
        parameters.AddRange((patterns ?? []).Select((pattern, i) => new NpgsqlParameter($"like{i}", pattern)));
        if (IdRange(text) is var (first, last))
        {
            filters.Add("id between @first and @last");
            indexes.Add("id between @first and @last");
            parameters.AddRange([new("first", first), new("last", last)]);
        }

        // "web1" is no address; "10.", "10.1" and "fe80:" may be. A bare number is a part of a name.
        if (text.AsSpan().ContainsAny('.', ':') && AddressPattern.TryParse(text, out var pattern))
        {
            var address = Address(pattern!, "qaddress");
            filters.Add(address.Filter);
            indexes.Add(address.Index);
            parameters.AddRange(address.Parameters);
        }

        return new($"({string.Join(" or ", filters)})", indexes.Contains(null) ? null : $"({string.Join(" or ", indexes)})", parameters)
        {
            Texts = all is null && patterns is not null ? patterns.Count : 1,
        };
    }

    // What HostnamePatterns adds around a text is printable ASCII: the few names that hold anything else have an index of their own.
    private static string Likes(int patterns, bool all)
    {
        var likes = Enumerable.Range(0, patterns).Select(i => $"hostname like @like{i}");
        return all ? $"({string.Join(" and ", likes)})" : $"({string.Join(" or ", likes)} or hostname ~ '[^ -~]')";
    }

    private static HostPredicate Site(string site)
    {
        const string Matching = "array(select key from sites_site where id = @siteId or (lower(name) = lower(@siteName) and status <> 3))";
        return new(
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

        return new(InAny(pattern.Networks.Count, name), keys is null ? null : $"hosts_networks(addresses) && @{name}Keys", parameters);
    }

    // Each row read by id is judged by this: a subquery a row takes ten times as long as the comparison by itself, so only many networks get one.
    private static string InAny(int networks, string name) => networks is > 0 and <= 8
        ? $"({string.Join(" or ", Enumerable.Range(1, networks).Select(i => $"(@{name})[{i}] >>= any(addresses)"))})"
        : $"exists (select from unnest(addresses) address where address <<= any(@{name}))";

    private static NpgsqlParameter Networks(string name, IReadOnlyList<IPNetwork> networks) =>
        new(name, NpgsqlDbType.Array | NpgsqlDbType.Cidr) { Value = networks.ToArray() };

    private static HostPredicate Tag(string tag, int number) => new(
        $"(@tag{number} = any(tags) or @assigned{number} = any(tags))",
        $"tags && array[@tag{number}, @assigned{number}]",
        [new($"tag{number}", tag), new($"assigned{number}", HostTagsStore.Mark + tag)]);

    /// <summary>The ids that begin with these digits: eight at least, or every name such as “cafe” would also mean ids.</summary>
    private static (Guid First, Guid Last)? IdRange(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= 8 and <= 32 && digits.All(char.IsAsciiHexDigit)
            ? (Guid.ParseExact(digits.PadRight(32, '0'), "n"), Guid.ParseExact(digits.PadRight(32, 'f'), "n"))
            : null;
    }
}

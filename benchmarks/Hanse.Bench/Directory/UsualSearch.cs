using System.Globalization;
using Npgsql;

namespace Hanse.Bench.Directory;

/// <summary>The same search as one writes it without thinking: <c>ILIKE '%x%'</c>, sorted, <c>OFFSET</c>, and a <c>COUNT(*)</c> for the pager.
/// It has the same table with the same indexes, and the planner's freedom to use them.</summary>
internal static class UsualSearch
{
    public static async Task RunAsync(NpgsqlDataSource database, Search search, CancellationToken cancellation)
    {
        var where = new List<string>();
        var values = new List<NpgsqlParameter>();
        void Add(string condition, object value)
        {
            where.Add(string.Format(CultureInfo.InvariantCulture, condition, $"@p{values.Count}"));
            values.Add(new($"p{values.Count}", value));
        }

        if (search.Text is { } text)
        {
            Add("h.hostname ilike '%' || {0} || '%'", text);
        }

        if (search.Address is { } address)
        {
            Add(address.Contains('/', StringComparison.Ordinal)
                ? "exists (select from unnest(h.addresses) a where a <<= {0}::cidr)"
                : "exists (select from unnest(h.addresses) a where host(a) like {0} || '%')", address);
        }

        if (search.Site is { } site)
        {
            Add("s.name ilike {0}", site);
        }

        if (search.Tag is { } tag)
        {
            Add("h.tags like '%' || {0} || '%'", $"\u001f{tag}\u001f");
        }

        if (search.Os is { } os)
        {
            Add("(p.os ilike '%' || {0} || '%' or p.family ilike '%' || {0} || '%')", os);
        }

        if (search.Status is { } status)
        {
            Add("h.status = {0}", (short)status);
        }

        var from = "from hosts_host h join sites_site s on s.key = h.site join hosts_platform p on p.id = h.platform where " + string.Join(" and ", where);
        await using var batch = database.CreateBatch();
        foreach (var sql in new[] { $"select h.*, s.name, p.os {from} order by h.hostname, h.id limit 100 offset 0", $"select count(*) {from}" })
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddRange(values.Select(v => v.Clone()).ToArray());
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        do
        {
            while (await reader.ReadAsync(cancellation))
            {
                _ = reader.GetValue(0);
            }
        }
        while (await reader.NextResultAsync(cancellation));
    }
}

using Dapper;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <inheritdoc cref="IHostLookup"/>
internal sealed class HostLookup(NpgsqlDataSource database) : IHostLookup
{
    private const int MostListed = 10;

    // One index scan for each name while they are few; beyond, one pass over the table for all of them.
    private const int FewNames = 200;

    private const string ByName =
        """
        select w.place, h.id, h.hostname, h.site from unnest(@names, @places) w(name, place)
        cross join lateral (select id, hostname, site from hosts_host where hostname = w.name order by id limit @most) h
        """;

    private const string ByManyNames =
        """
        select w.place, h.id, h.hostname, h.site from unnest(@names, @places) w(name, place) join hosts_host h on h.hostname = w.name
        """;

    private static readonly string Template =
        """
        with found as (
            select w.place, h.id, h.hostname, h.site from unnest(@ids, @idPlaces) w(id, place) join hosts_host h on h.id = w.id
            union all
            {0}
        )
        select f.place, f.id, f.hostname, s.id site_id, s.key, s.name
        from found f join sites_site s on s.key = f.site
        order by f.place, s.name, f.id
        """;

    public async Task<IReadOnlyList<HostMatch>> ResolveAsync(IReadOnlyList<string> idsOrHostnames, CancellationToken cancellation)
    {
        var asked = idsOrHostnames.Select((text, place) => (Text: text, Place: place, IsId: HostId.TryParse(text, out var id), Id: id)).ToList();
        var names = asked.Where(a => !a.IsId && HostText.Problem(a.Text, HostLimits.Hostname, required: true) is null).ToList();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(int Place, Guid Id, string Hostname, Guid SiteId, int Key, string Site)>(new CommandDefinition(
            string.Format(null, Template, names.Count > FewNames ? ByManyNames : ByName),
            new
            {
                ids = asked.Where(a => a.IsId).Select(a => a.Id.Value).ToArray(),
                idPlaces = asked.Where(a => a.IsId).Select(a => a.Place).ToArray(),
                names = names.Select(a => a.Text.ToLowerInvariant()).ToArray(),
                places = names.Select(a => a.Place).ToArray(),
                most = MostListed,
            },
            cancellationToken: cancellation));
        var found = rows.ToLookup(r => r.Place, r => new HostTarget(new(r.Id), new(r.SiteId), r.Key, r.Site, r.Hostname));
        return [.. asked.Select(a => new HostMatch(a.Text, [.. found[a.Place].Take(MostListed)]))];
    }
}

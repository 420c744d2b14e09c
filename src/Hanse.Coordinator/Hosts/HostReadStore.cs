using System.Net;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>Loads rows of the directory by id. What a site's state says about all of its hosts (connected, last report, place) is joined
/// here, so that no host's row is written when its site goes away.</summary>
internal static class HostReadStore
{
    private const string Sql =
        """
        select h.id, h.hostname, s.name, s.id, h.addresses, p.os, p.family, kernel.label, agent.label, h.status, h.tags, h.last_seen,
               l.connected_at is not null and l.disconnected_at is null, s.last_sync_at, s.latitude, s.longitude
        from unnest(@ids) with ordinality wanted(id, place)
        join hosts_host h on h.id = wanted.id
        join sites_site s on s.key = h.site
        join hosts_platform p on p.id = h.platform
        join hosts_label kernel on kernel.id = h.kernel
        join hosts_label agent on agent.id = h.agent_version
        left join sites_link l on l.site_id = s.id
        order by wanted.place
        """;

    /// <returns>The rows that still exist, in the order of <paramref name="ids"/>.</returns>
    public static async Task<IReadOnlyList<HostRecord>> LoadAsync(NpgsqlConnection connection, IReadOnlyList<Guid> ids, CancellationToken cancellation)
    {
        var rows = new List<HostRecord>(ids.Count);
        if (ids.Count == 0)
        {
            return rows;
        }

        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new("ids", ids.ToArray()) } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(Record(reader));
        }

        return rows;
    }

    private static HostRecord Record(NpgsqlDataReader row)
    {
        var status = (HostStatus)row.GetInt16(9);
        var lastSeen = row.GetFieldValue<DateTimeOffset>(11);
        DateTimeOffset? synced = row.IsDBNull(13) ? null : row.GetFieldValue<DateTimeOffset>(13);
        var (reported, assigned) = HostTagsStore.Split(row.GetString(10));
        return new()
        {
            Id = new HostId(row.GetGuid(0)),
            Hostname = row.GetString(1),
            Site = row.GetString(2),
            SiteId = new SiteId(row.GetGuid(3)),
            Addresses = [.. row.GetFieldValue<IPAddress[]>(4).Select(a => a.ToString())],
            Os = row.GetString(5),
            OsFamily = row.GetString(6),
            Kernel = row.GetString(7),
            AgentVersion = row.GetString(8),
            Status = status.ToString().ToLowerInvariant(),
            Tags = HostContent.SortTags([.. reported, .. assigned]),
            AssignedTags = assigned,
            LastSeen = status == HostStatus.Online && synced > lastSeen ? synced.Value : lastSeen,
            SiteLink = row.GetBoolean(12) ? "online" : "offline",
            Freshness = synced,
            Latitude = row.IsDBNull(14) ? null : row.GetDouble(14),
            Longitude = row.IsDBNull(15) ? null : row.GetDouble(15),
        };
    }
}

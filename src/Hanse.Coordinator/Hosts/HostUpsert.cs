using NpgsqlTypes;

namespace Hanse.Coordinator.Hosts;

/// <summary>Writes live hosts of one batch in one statement. A row whose indexed columns did not change is updated in its page alone.</summary>
internal static class HostUpsert
{
    // A tombstone blocks what is not newer than it, and any site but its own, unless a move was authorised. What was applied uses
    // up tombstone, move and conflict.
    private const string Sql =
        """
        with sent as (
            select * from unnest(@id, @counter, @machine, @seen, @platform, @agent, @kernel, @status, @hostname, @addresses, @tags)
                as e(id, counter, machine, seen, platform, agent, kernel, status, hostname, addresses, tags)
        ), applied as (
            insert into hosts_host as h (id, counter, machine, last_seen, site, epoch, platform, agent_version, kernel, status, hostname, addresses, tags)
            select id, counter, machine, seen, @site, @epoch, platform, agent, kernel, status, hostname, addresses::inet[], tags
            from sent
            where not exists (
                select from hosts_tombstone t
                where t.id = sent.id
                  and not (t.site = @site and (t.epoch <> @epoch or t.counter < sent.counter))
                  and not exists (select from hosts_move m where m.host = sent.id and m.to_site = @site))
            on conflict (id) do update set
                counter = excluded.counter, machine = excluded.machine, last_seen = excluded.last_seen, site = excluded.site, epoch = excluded.epoch,
                platform = excluded.platform, agent_version = excluded.agent_version, kernel = excluded.kernel, status = excluded.status,
                hostname = excluded.hostname, addresses = excluded.addresses,
                tags = case when strpos(h.tags, E'\x1f\x01') > 0
                    then coalesce(nullif(excluded.tags, ''), E'\x1f') || substr(h.tags, strpos(h.tags, E'\x1f\x01') + 1) else excluded.tags end
            where (h.site = excluded.site and (h.epoch <> excluded.epoch or h.counter < excluded.counter))
               or (h.site <> excluded.site and exists (select from hosts_move m where m.host = excluded.id and m.to_site = excluded.site))
            returning id
        ), tombstone as (
            delete from hosts_tombstone t using applied a where t.id = a.id
        ), move as (
            delete from hosts_move m using applied a where m.host = a.id
        ), conflict as (
            delete from hosts_conflict c using applied a where c.host = a.id and c.claimant = @site
        )
        select id from applied
        """;

    /// <returns>The ids of the hosts that were written.</returns>
    public static async Task<HashSet<Guid>> ExecuteAsync(HostBatch batch, IReadOnlyList<HostRow> rows, CancellationToken cancellation)
    {
        await using var command = batch.Command(Sql);
        void Add<T>(string name, NpgsqlDbType type, Func<HostRow, T> value) =>
            command.Parameters.Add(new(name, NpgsqlDbType.Array | type) { Value = rows.Select(value).ToArray() });
        Add("id", NpgsqlDbType.Uuid, r => r.Entry.Id);
        Add("counter", NpgsqlDbType.Bigint, r => r.Entry.Counter);
        Add("machine", NpgsqlDbType.Bigint, r => r.Entry.Machine);
        Add("seen", NpgsqlDbType.TimestampTz, r => r.Entry.LastSeen);
        Add("platform", NpgsqlDbType.Integer, r => r.Platform);
        Add("agent", NpgsqlDbType.Integer, r => r.AgentVersion);
        Add("kernel", NpgsqlDbType.Integer, r => r.Kernel);
        Add("status", NpgsqlDbType.Smallint, r => r.Entry.Status);
        Add("hostname", NpgsqlDbType.Text, r => r.Entry.Hostname);
        // Arrays of arrays would have to be rectangular, so the list travels as one text.
        Add("addresses", NpgsqlDbType.Text, r => "{" + string.Join(',', r.Entry.Addresses) + "}");
        Add("tags", NpgsqlDbType.Text, r => HostTagsStore.Join(r.Entry.Tags, []));

        var applied = new HashSet<Guid>(rows.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            applied.Add(reader.GetGuid(0));
        }

        return applied;
    }
}

using NpgsqlTypes;

namespace Hanse.Coordinator.Hosts;

/// <summary>Deletes hosts and keeps their version, so that an older entry that arrives later finds it and stays out (U2).</summary>
internal static class HostTombstoneStore
{
    // A site that gave a host away reports its deletion too: that says nothing about the row of the new owner.
    private const string DeleteRows =
        """
        delete from hosts_host h using unnest(@id, @counter) e(id, counter)
        where h.id = e.id and h.site = @site and (h.epoch <> @epoch or h.counter < e.counter)
        """;

    private const string KeepVersions =
        """
        insert into hosts_tombstone as t (id, counter, site, epoch, deleted_at)
        select e.id, e.counter, @site, @epoch, @now from unnest(@id, @counter) e(id, counter)
        where not exists (select from hosts_host h where h.id = e.id)
        on conflict (id) do update set counter = excluded.counter, epoch = excluded.epoch, deleted_at = excluded.deleted_at
        where t.site = excluded.site and (t.epoch <> excluded.epoch or t.counter < excluded.counter)
        """;

    public static async Task DeleteAsync(HostBatch batch, IReadOnlyList<HostEntry> entries, CancellationToken cancellation)
    {
        if (entries.Count == 0)
        {
            return;
        }

        // Two statements: the second must see what the first removed.
        foreach (var sql in new[] { DeleteRows, KeepVersions })
        {
            await using var command = batch.Command(sql);
            command.Parameters.Add(new("id", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = entries.Select(e => e.Id).ToArray() });
            command.Parameters.Add(new("counter", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = entries.Select(e => e.Counter).ToArray() });
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }
}

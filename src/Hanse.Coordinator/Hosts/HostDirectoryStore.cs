using Dapper;
using Hanse.Audit;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>
/// Writes the host directory. Whatever the order and however often entries arrive, each host ends at its newest version (U2),
/// a deleted one stays deleted, and a host that another site owns is refused and shown, never taken (J4).
/// Steps: 1 read and validate, 2 number the shared texts, 3 upsert, 4 delete, 5 explain what was not applied.
/// </summary>
internal sealed class HostDirectoryStore(IAuditLog audit, TimeProvider time) : IHostDirectory, ISiteRemovalObserver
{
    public async Task<IReadOnlyList<StateRefusal>> ApplyAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        int siteKey,
        int epochOrdinal,
        IReadOnlyList<StateEntry> entries,
        CancellationToken cancellation)
    {
        // 1
        var (read, refusals) = HostEntryReader.Read(entries);
        var batch = new HostBatch(connection, transaction, siteKey, epochOrdinal, time.GetUtcNow().UtcDateTime);
        await batch.PlanByIndexAsync(cancellation);
        var live = read.Where(e => !e.Deleted).ToList();
        if (live.Count > 0)
        {
            // 2
            var rows = await HostTextStore.NumberAsync(connection, transaction, live, cancellation);

            // 3
            var applied = await HostUpsert.ExecuteAsync(batch, rows, cancellation);

            // 5
            var rest = live.Where(e => !applied.Contains(e.Id)).ToList();
            refusals.AddRange(await HostConflictStore.RefuseAsync(batch, rest, audit, cancellation));
        }

        // 4
        var deleted = read.Where(e => e.Deleted).ToList();
        await HostTombstoneStore.DeleteAsync(batch, deleted, cancellation);
        await HostConflictStore.ForgetAsync(batch, [.. deleted.Select(e => e.Id)], cancellation);
        return refusals;
    }

    public async Task<(string What, int Count)> SiteRemovedAsync(NpgsqlTransaction transaction, SiteRow site, CancellationToken cancellation) =>
        ("hosts", await RemoveSiteAsync(transaction.Connection!, transaction, site.Key, cancellation));

    /// <summary>Forgets every host of a removed site, tombstones and conflicts included. The site's key is never used again.</summary>
    /// <returns>How many hosts there were.</returns>
    public Task<int> RemoveSiteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, int siteKey, CancellationToken cancellation) =>
        connection.ExecuteScalarAsync<int>(new CommandDefinition(
            """
            with tombstone as (delete from hosts_tombstone where site = @siteKey),
                 conflict as (delete from hosts_conflict where claimant = @siteKey or owner = @siteKey),
                 move as (delete from hosts_move where to_site = @siteKey),
                 host as (delete from hosts_host where array[site, -platform] && array[@siteKey] returning 1)
            select count(*)::integer from host
            """,
            new { siteKey }, transaction, cancellationToken: cancellation));

    public Task AuthoriseMoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, HostId host, int siteKey, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            insert into hosts_move (host, to_site, authorised_at) values (@host, @siteKey, @now)
            on conflict (host) do update set to_site = excluded.to_site, authorised_at = excluded.authorised_at
            """,
            new { host = host.Value, siteKey, now = time.GetUtcNow().UtcDateTime }, transaction, cancellationToken: cancellation));

    public async Task<IReadOnlyList<HostTags>> AssignedTagsAsync(NpgsqlConnection connection, int siteKey, CancellationToken cancellation)
    {
        var rows = await connection.QueryAsync<(Guid Id, string Tags)>(new CommandDefinition(
            $"""
            select id, tags from hosts_host
            where array[site, -platform] && array[@siteKey] and {HostTagsStore.AnyAssignedSql}
            order by id
            """,
            new { siteKey }, cancellationToken: cancellation));
        return [.. rows.Select(row => new HostTags { HostId = new HostId(row.Id).ToWire(), Tags = { HostTagsStore.Split(row.Tags).Assigned } })];
    }
}

using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Rollups;
using Hanse.Site.Rollups.Api;
using Npgsql;

namespace Hanse.Site.Inventory;

/// <summary>Keeps a few numbers of each host's sections, and counts them for all.</summary>
internal sealed class InventoryRollupStore(NpgsqlDataSource database, TimeProvider time) : IRollupSource
{
    public static Task PutAsync(NpgsqlTransaction transaction, HostId host, InventorySummary summary, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into inventory_summary as s (host_id, updates, security_updates, certificates)
            values (@id, coalesce(@Updates::integer, 0), coalesce(@SecurityUpdates::integer, 0), coalesce(@certificates::timestamptz[], '{}'))
            on conflict (host_id) do update set
                updates = coalesce(@Updates::integer, s.updates), security_updates = coalesce(@SecurityUpdates::integer, s.security_updates),
                certificates = coalesce(@certificates::timestamptz[], s.certificates)
            """,
            new { id = host.Value, summary.Updates, summary.SecurityUpdates, certificates = summary.Certificates }, transaction, cancellationToken: cancellation));

    public async Task<IReadOnlyList<Rollup>> ComputeAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var updates = await connection.QuerySingleAsync<(long Hosts, long Updates, long Security)>(new CommandDefinition(
            """
            select count(*) filter (where s.updates > 0), coalesce(sum(s.updates), 0), coalesce(sum(s.security_updates), 0)
            from inventory_summary s join agents_host h on h.id = s.host_id where h.removed_at is null
            """,
            cancellationToken: cancellation));
        var ends = await connection.QuerySingleAsync<(long Expired, long Week, long Month, long Quarter, long Later)>(new CommandDefinition(
            """
            select count(*) filter (where c <= @now), count(*) filter (where c > @now and c <= @week), count(*) filter (where c > @week and c <= @month),
                   count(*) filter (where c > @month and c <= @quarter), count(*) filter (where c > @quarter)
            from inventory_summary s join agents_host h on h.id = s.host_id, unnest(s.certificates) c where h.removed_at is null
            """,
            new { now, week = now.AddDays(7), month = now.AddDays(30), quarter = now.AddDays(90) }, cancellationToken: cancellation));
        return
        [
            new(RollupMetrics.PendingUpdates, new Dictionary<string, long> { ["hosts"] = updates.Hosts, ["updates"] = updates.Updates, ["security"] = updates.Security }),
            new(RollupMetrics.CertificateExpiries, new Dictionary<string, long>
            {
                ["expired"] = ends.Expired, ["7 days"] = ends.Week, ["30 days"] = ends.Month, ["90 days"] = ends.Quarter, ["later"] = ends.Later,
            }),
        ];
    }
}

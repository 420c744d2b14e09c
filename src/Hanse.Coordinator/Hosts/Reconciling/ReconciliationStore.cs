using Dapper;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>The last comparison of each site.</summary>
internal sealed class ReconciliationStore(NpgsqlDataSource database) : IReconciliations, ISiteRemovalObserver
{
    public async Task<Reconciliation?> LastAsync(SiteRow site, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<Reconciliation>(new CommandDefinition(
            """
            select at, took_ms as TookMs, hosts, buckets, buckets_different as BucketsDifferent, bytes, missing, differing, ghosts, waiting, refused, elsewhere,
                   nullif(error_code, '') as ErrorCode, nullif(error, '') as Error
            from hosts_reconciliation where site = @Key
            """,
            new { site.Key }, cancellationToken: cancellation));
    }

    /// <summary>When each site that is enrolled was last compared; null if it has not been since it joined.</summary>
    public async Task<IReadOnlyDictionary<SiteId, DateTime>> LastInstantsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<(Guid Id, DateTime At)>(new CommandDefinition(
            """
            select s.id, coalesce(r.at, s.enrolled_at, s.created_at) from sites_site s left join hosts_reconciliation r on r.site = s.key where s.status = 1
            """,
            cancellationToken: cancellation))).ToDictionary(r => new SiteId(r.Id), r => r.At);
    }

    public async Task KeepAsync(SiteRow site, Reconciliation result, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into hosts_reconciliation (
                site, at, took_ms, hosts, buckets, buckets_different, bytes, missing, differing, ghosts, waiting, refused, elsewhere, error_code, error)
            select key, @at, @TookMs, @Hosts, @Buckets, @BucketsDifferent, @Bytes, @Missing, @Differing, @Ghosts, @Waiting, @Refused, @Elsewhere, @code, @error
            from sites_site where key = @Key and status <> 3
            on conflict (site) do update set
                at = excluded.at, took_ms = excluded.took_ms, hosts = excluded.hosts, buckets = excluded.buckets, buckets_different = excluded.buckets_different,
                bytes = excluded.bytes, missing = excluded.missing, differing = excluded.differing, ghosts = excluded.ghosts, waiting = excluded.waiting,
                refused = excluded.refused, elsewhere = excluded.elsewhere, error_code = excluded.error_code, error = excluded.error
            """,
            new
            {
                site.Key, at = result.At.UtcDateTime, result.TookMs, result.Hosts, result.Buckets, result.BucketsDifferent, result.Bytes, result.Missing, result.Differing,
                result.Ghosts, result.Waiting, result.Refused, result.Elsewhere, code = result.ErrorCode ?? "", error = result.Error ?? "",
            },
            cancellationToken: cancellation));
    }

    public async Task<(string What, int Count)> SiteRemovedAsync(NpgsqlTransaction transaction, SiteRow site, CancellationToken cancellation) =>
        ("reconciliations", await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "delete from hosts_reconciliation where site = @Key", new { site.Key }, transaction, cancellationToken: cancellation)));
}

using Dapper;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>The site registry and the fences of its links (L6).</summary>
internal sealed class SiteStore(NpgsqlDataSource database, TimeProvider time) : ISites, IHostTagsObserver, IHostMoveObserver
{
    private const string Columns = """
        key, id, name, status, external_names as ExternalNames, addresses, location, latitude, longitude, generation,
        observed_generation as ObservedGeneration, host_count as HostCount, online_count as OnlineCount, queue_depth as QueueDepth,
        software_version as SoftwareVersion, last_sync_at as LastSyncAt, intermediate_expires_at as IntermediateExpiresAt,
        created_at as CreatedAt, enrolled_at as EnrolledAt, sync_ms as SyncMs, status_reason as StatusReason, status_changed_at as StatusChangedAt,
        queues::text as Queues, replay_ms as ReplayMs, last_error_code as LastErrorCode, last_error_message as LastErrorMessage, last_error_at as LastErrorAt
        """;

    public async Task<SiteRow?> FindAsync(string idOrName, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return SiteId.TryParse(idOrName, out var id)
            ? await connection.QuerySingleOrDefaultAsync<SiteRow>(new CommandDefinition(
                $"select {Columns} from sites_site where id = @id", new { id = id.Value }, cancellationToken: cancellation))
            : await connection.QuerySingleOrDefaultAsync<SiteRow>(new CommandDefinition(
                $"select {Columns} from sites_site where lower(name) = lower(@idOrName) and status <> 3", new { idOrName }, cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<SiteRow>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<SiteRow>(new CommandDefinition(
            $"select {Columns} from sites_site where status <> 3 order by name, id", cancellationToken: cancellation))).AsList();
    }

    public Task<SiteRow?> AddAsync(NpgsqlTransaction transaction, NewSite site, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<SiteRow>(new CommandDefinition(
            $"""
            insert into sites_site (id, name, status, external_names, addresses, location, latitude, longitude, sync_ms, created_at)
            values (@id, @Name, 0, @names, @addresses, @Location, @Latitude, @Longitude, @sync, @now)
            on conflict do nothing returning {Columns}
            """,
            new
            {
                id = site.Id.Value, site.Name, names = site.ExternalNames.ToArray(), addresses = site.Addresses.ToArray(),
                site.Location, site.Latitude, site.Longitude, sync = (int)site.SyncInterval.TotalMilliseconds, now = time.GetUtcNow(),
            },
            transaction, cancellationToken: cancellation));

    public Task<SiteRow?> ChangeAsync(
        NpgsqlTransaction transaction, SiteId site, IReadOnlyCollection<SiteLifecycle> from, SiteLifecycle to, string reason, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<SiteRow>(new CommandDefinition(
            $"""
            update sites_site
            set status = @to, status_reason = @reason, status_changed_at = @now, generation = generation + 1,
                removed_at = case when @to = 3 then @now end
            where id = @id and status = any(@from)
            returning {Columns}
            """,
            new { id = site.Value, from = from.Select(s => (short)s).ToArray(), to = (short)to, reason, now = time.GetUtcNow() },
            transaction, cancellationToken: cancellation));

    public Task RaiseGenerationsAsync(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update sites_site set generation = generation + 1 where status in (1, 2)", transaction: transaction, cancellationToken: cancellation));

    public Task EnrollAsync(
        NpgsqlTransaction transaction, SiteId site, string softwareVersion, DateTimeOffset intermediateExpires, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
        """
        update sites_site
        set status = case when status = 0 then 1 else status end, enrolled_at = coalesce(enrolled_at, @now),
            software_version = @softwareVersion, intermediate_expires_at = @intermediateExpires
        where id = @id and status <> 3
        """,
        new { id = site.Value, softwareVersion, intermediateExpires, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));

    /// <summary>A link came up: raises the fence, so that batches of an older link are no longer applied.</summary>
    public async Task<long> RaiseFenceAsync(SiteId site, Guid replica, string address, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<long>(new CommandDefinition(
            """
            insert into sites_link as l (site_id, replica, address, fence, connected_at) values (@id, @replica, @address, 1, @now)
            on conflict (site_id) do update
                set replica = excluded.replica, address = excluded.address, fence = l.fence + 1, connected_at = excluded.connected_at,
                    disconnected_at = null
            returning fence
            """,
            new { id = site.Value, replica, address, now = time.GetUtcNow() }, cancellationToken: cancellation));
    }

    /// <summary>The link is gone, if it still was the current one.</summary>
    public Task EndLinkAsync(SiteId site, long fence, Error why, CancellationToken cancellation) => ExecuteAsync(
        """
        with ended as (update sites_link set disconnected_at = @now where site_id = @id and fence = @fence returning 1)
        update sites_site set last_error_code = @Code, last_error_message = @Message, last_error_at = @now where id = @id and exists (select from ended)
        """,
        new { id = site.Value, fence, why.Code, why.Message, now = time.GetUtcNow() }, cancellation);

    public Task SetStatusAsync(SiteId site, SiteStatus status, CancellationToken cancellation) => ExecuteAsync(
        """
        update sites_site
        set host_count = @hosts, online_count = @online, queue_depth = @depth, software_version = @SoftwareVersion,
            oldest_record_at = @oldest, observed_generation = @generation, last_sync_at = @now, queues = @queues::jsonb, replay_ms = @replay
        where id = @id
        """,
        new
        {
            id = site.Value, hosts = (long)status.HostCount, online = (long)status.OnlineCount, depth = (long)status.QueueDepth,
            status.SoftwareVersion, oldest = At(status.OldestRecordUnixMs), generation = (long)status.ObservedGeneration, now = time.GetUtcNow(),
            queues = QueueText.Write(status.Queues), replay = (long)status.ReplayMs,
        },
        cancellation);

    /// <summary>Tags are part of the desired state, so its generation rises with them (D1).</summary>
    public Task TagsChangedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "update sites_site set generation = generation + 1 where id = @id", new { id = site.Value }, transaction, cancellationToken: cancellation));

    /// <summary>So are hosts that went to another site (J4).</summary>
    public Task<long> HostLeftAsync(NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleAsync<long>(new CommandDefinition(
            "update sites_site set generation = generation + 1 where id = @id returning generation", new { id = site.Value }, transaction, cancellationToken: cancellation));

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }

    private static DateTimeOffset? At(long unixMs) => unixMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs) : null;
}

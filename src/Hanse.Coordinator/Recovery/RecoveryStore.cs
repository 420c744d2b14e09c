using Dapper;
using Hanse.Coordinator.Recovery.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Recovery;

/// <summary>How far a restored coordinator has come: what it was restored from, and what came of each site.</summary>
internal sealed class RecoveryStore(NpgsqlDataSource database, TimeProvider time) : IRecovery
{
    public async Task<RecoveryState?> FindAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<RecoveryState>(new CommandDefinition(
            """
            select restored_at as RestoredAt, backup_created_at as BackupCreatedAt, keys_only as KeysOnly, finished_at as FinishedAt, finished_by as FinishedBy
            from recovery_state
            """,
            cancellationToken: cancellation));
    }

    public async Task NoteUnknownAsync(SiteId site, byte[] intermediate, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into recovery_site (site_id, intermediate, first_seen_at) values (@site, @intermediate, @now) on conflict (site_id) do update set intermediate = excluded.intermediate",
            new { site = site.Value, intermediate, now = time.GetUtcNow() }, cancellationToken: cancellation));
    }

    /// <summary>Every site that the registry knows or that came, with what it told.</summary>
    public async Task<IReadOnlyList<RecoverySite>> SitesAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<RecoverySite>(new CommandDefinition(
            """
            select coalesce(s.id, r.site_id) as Id, s.name, s.id is not null as Known, r.accepted, r.reported_at as ReportedAt,
                   coalesce(r.lost_records, 0) as LostRecords, coalesce(r.note, '') as Note
            from (select * from sites_site where status in (1, 2)) s full join recovery_site r on r.site_id = s.id
            order by s.name nulls last, 1
            """,
            cancellationToken: cancellation))).AsList();
    }

    /// <summary>The intermediate of a site that waits to be decided about; null if none does.</summary>
    public static Task<byte[]?> LockUndecidedAsync(NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<byte[]?>(new CommandDefinition(
            "select intermediate from recovery_site where site_id = @site and accepted is null and intermediate is not null for update",
            new { site = site.Value }, transaction, cancellationToken: cancellation));

    /// <summary>Takes the site back into the registry; its names and addresses it tells itself. False if another bears the name.</summary>
    public static async Task<bool> AcceptAsync(NpgsqlTransaction transaction, SiteId site, string name, string actor, DateTimeOffset expires, DateTimeOffset now, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into sites_site (id, name, status, external_names, addresses, created_at, enrolled_at, intermediate_expires_at)
            values (@site, @name, 1, '{}', '{}', @now, @now, @expires) on conflict do nothing
            """,
            new { site = site.Value, name, now, expires }, transaction, cancellationToken: cancellation)) > 0
        && await DecideAsync(transaction, site, true, actor, now, cancellation);

    public static async Task<bool> DecideAsync(NpgsqlTransaction transaction, SiteId site, bool accepted, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update recovery_site set accepted = @accepted, decided_at = @now, decided_by = @actor where site_id = @site",
            new { site = site.Value, accepted, actor, now }, transaction, cancellationToken: cancellation)) > 0;

    /// <summary>What a site told: its names where the registry has none, and how many of its records are lost to everybody.</summary>
    public static Task ReportAsync(NpgsqlTransaction transaction, SiteId site, SiteRecovery told, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            update sites_site set external_names = @names, addresses = @addresses, generation = generation + 1 where id = @site and external_names = '{}';
            insert into recovery_site (site_id, first_seen_at, reported_at, lost_records)
            select @site, @now, @now, greatest(0, case when @first = 0 then @last else @first - 1 end
                - coalesce((select high_water from uplink_mark where site_id = @site order by ordinal desc limit 1), 0))
            on conflict (site_id) do update set reported_at = excluded.reported_at, lost_records = excluded.lost_records
            where recovery_site.reported_at is null
            """,
            new
            {
                site = site.Value, names = told.ExternalNames.ToArray(), addresses = told.Addresses.ToArray(), first = (long)told.FirstKept,
                last = (long)told.LastGiven, now,
            },
            transaction, cancellationToken: cancellation));

    public static Task BanAsync(NpgsqlTransaction transaction, RevocationList list, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into enrollment_removed_site (site_id, reason, actor, removed_at)
            select id, 'on the list that sites hold', 'recovery', @now from unnest(@sites) id on conflict do nothing;
            insert into enrollment_removed_gateway (gateway_id, reason, actor, removed_at)
            select id, 'on the list that sites hold', 'recovery', @now from unnest(@gateways) id on conflict do nothing;
            insert into enrollment_ban (host_id, site_id, reason, actor, banned_at)
            select id, '00000000-0000-0000-0000-000000000000', 'on the list that sites hold', 'recovery', @now from unnest(@hosts) id on conflict do nothing;
            """,
            new
            {
                sites = list.SiteIds.Select(id => new Guid(id.Span, bigEndian: true)).ToArray(),
                gateways = list.GatewayIds.Select(id => new Guid(id.Span, bigEndian: true)).ToArray(), hosts = list.HostIds.Select(id => new Guid(id.Span, bigEndian: true)).ToArray(), now,
            },
            transaction, cancellationToken: cancellation));

    public static Task FinishAsync(NpgsqlTransaction transaction, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update recovery_state set finished_at = @now, finished_by = @actor where finished_at is null", new { actor, now }, transaction, cancellationToken: cancellation));

    /// <summary>Executions whose outcome nobody has told since, though they should have started: the coordinator does not know what became of them.</summary>
    public async Task<long> OpenExecutionsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<long>(new CommandDefinition("select count(*) from commands_execution where state in (1, 2, 3)", cancellationToken: cancellation));
    }
}

/// <summary>What the database was restored from. A class for Dapper.</summary>
internal sealed record RecoveryState
{
    public DateTimeOffset RestoredAt { get; init; }

    public DateTimeOffset BackupCreatedAt { get; init; }

    public bool KeysOnly { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public string? FinishedBy { get; init; }
}

/// <summary>One site in a recovery. A class for Dapper.</summary>
internal sealed record RecoverySite
{
    public Guid Id { get; init; }

    public string? Name { get; init; }

    public bool Known { get; init; }

    public bool? Accepted { get; init; }

    public DateTimeOffset? ReportedAt { get; init; }

    public long LostRecords { get; init; }

    public string Note { get; init; } = "";
}

using Dapper;
using Npgsql;

namespace Hanse.Coordinator.Backup;

/// <summary>Backups that were made of this coordinator, and what each covers (U4).</summary>
internal sealed class BackupStore(NpgsqlDataSource database)
{
    public static async Task<IReadOnlyList<BackupMark>> MarksAsync(NpgsqlTransaction snapshot, CancellationToken cancellation) =>
        (await snapshot.Connection!.QueryAsync<BackupMark>(new CommandDefinition(
            "select site_id as Site, epoch, high_water as HighWater from uplink_mark", transaction: snapshot, cancellationToken: cancellation))).AsList();

    public async Task AddAsync(
        Guid id, DateTimeOffset createdAt, string actor, bool keysOnly, byte[] digest, IReadOnlyList<BackupMark> marks, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into backup_made (id, created_at, actor, keys_only, digest) values (@id, @createdAt, @actor, @keysOnly, @digest);
            insert into backup_mark (backup_id, site_id, epoch, high_water) select @id, * from unnest(@sites, @epochs, @marks);
            """,
            new
            {
                id, createdAt, actor, keysOnly, digest, sites = marks.Select(m => m.Site).ToArray(), epochs = marks.Select(m => m.Epoch).ToArray(),
                marks = marks.Select(m => m.HighWater).ToArray(),
            },
            transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>False if no backup with this digest was made here. A backup of keys covers no record.</summary>
    public async Task<bool> VerifiedAsync(Guid id, byte[] digest, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<long>(new CommandDefinition(
            """
            with verified as (
                update backup_made set verified_at = coalesce(verified_at, @now) where id = @id and digest = @digest returning id),
            covered as (
                update uplink_mark u set backed_up = greatest(u.backed_up, m.high_water)
                from backup_mark m join verified v on v.id = m.backup_id where u.site_id = m.site_id and u.epoch = m.epoch)
            select count(*) from verified
            """,
            new { id, digest, now }, cancellationToken: cancellation)) > 0;
    }

    public async Task<IReadOnlyList<BackupView>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. (await connection.QueryAsync<(Guid Id, DateTime CreatedAt, string Actor, bool KeysOnly, DateTime? VerifiedAt)>(new CommandDefinition(
            "select id, created_at, actor, keys_only, verified_at from backup_made order by created_at desc limit 100", cancellationToken: cancellation)))
            .Select(b => new BackupView(b.Id.ToString("n"), b.CreatedAt, b.Actor, b.KeysOnly, b.VerifiedAt))];
    }
}

/// <summary>Up to where a backup has the records of an epoch. A class for Dapper.</summary>
internal sealed record BackupMark
{
    public Guid Site { get; init; }

    public Guid Epoch { get; init; }

    public long HighWater { get; init; }
}

/// <summary>A backup that was made.</summary>
internal sealed record BackupView(string Id, DateTimeOffset CreatedAt, string Actor, bool KeysOnly, DateTimeOffset? VerifiedAt);

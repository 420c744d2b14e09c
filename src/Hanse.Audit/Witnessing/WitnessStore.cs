using Dapper;
using Npgsql;

namespace Hanse.Audit.Witnessing;

/// <summary>What this node has seen of the logs of others, and what others last said of its own.</summary>
public sealed class WitnessStore(NpgsqlDataSource database)
{
    /// <summary>Locks the owner for this transaction: two checkpoints of one log are judged one after the other.</summary>
    internal static async Task<IReadOnlyList<HeldLog>> LockAsync(NpgsqlTransaction transaction, string owner, CancellationToken cancellation)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended('audit_held ' || @owner, 0))", new { owner }, transaction, cancellationToken: cancellation));
        return (await transaction.Connection!.QueryAsync<HeldLog>(new CommandDefinition(
            $"select {HeldLog.Columns} from audit_held where owner = @owner order by seen_at", new { owner }, transaction, cancellationToken: cancellation))).AsList();
    }

    internal static Task HoldAsync(NpgsqlTransaction transaction, HeldLog held, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into audit_held (owner, log_id, size, note, seen_at) values (@Owner, @LogId, @Size, @Note, @SeenAt)
            on conflict (owner, log_id) do update set size = excluded.size, note = excluded.note, seen_at = excluded.seen_at
            """,
            held, transaction, cancellationToken: cancellation));

    internal static Task FollowAsync(NpgsqlTransaction transaction, string owner, Guid log, Guid by, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update audit_held set followed_by = @by where owner = @owner and log_id = @log", new { owner, log, by }, transaction, cancellationToken: cancellation));

    /// <summary>False if this owner's log is known to be in conflict already: it is told once.</summary>
    internal static async Task<bool> BreakAsync(NpgsqlTransaction transaction, LogBreak found, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into audit_break (owner, log_id, kind, why, held, shown, detected_at)
            values (@Owner, @LogId, @Kind, @Why, @Held, @Shown, @DetectedAt) on conflict do nothing
            """,
            found, transaction, cancellationToken: cancellation)) > 0;

    /// <summary>True if a conflict was open.</summary>
    internal static async Task<bool> HealAsync(NpgsqlTransaction transaction, string owner, DateTimeOffset now, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update audit_break set healed_at = @now where owner = @owner and kind = 'conflict' and healed_at is null",
            new { owner, now }, transaction, cancellationToken: cancellation)) > 0;

    /// <summary>The log of this owner that goes on; null if none was ever seen.</summary>
    public async Task<HeldLog?> HeldAsync(string owner, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<HeldLog>(new CommandDefinition(
            $"select {HeldLog.Columns} from audit_held where owner = @owner and followed_by is null order by seen_at desc limit 1",
            new { owner }, cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<HeldLog>> AllHeldAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<HeldLog>(new CommandDefinition(
            $"select {HeldLog.Columns} from audit_held order by owner, seen_at", cancellationToken: cancellation))).AsList();
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<LogBreak>> BreaksAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<LogBreak>(new CommandDefinition(
            """
            select owner, log_id as LogId, kind, why, held, shown, detected_at as DetectedAt, healed_at as HealedAt
            from audit_break order by id desc limit 1000
            """,
            cancellationToken: cancellation))).AsList();
    }

    /// <summary>How a witness answered; a problem keeps what it cosigned last.</summary>
    public async Task AnsweredAsync(string signer, int log, long size, string? problem, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            problem is null
                ? """
                insert into audit_witness (signer, log, size, cosigned_at) values (@signer, @log, @size, @now)
                on conflict (signer) do update set log = excluded.log, size = excluded.size, cosigned_at = excluded.cosigned_at, problem = null, problem_at = null
                """
                : """
                insert into audit_witness (signer, log, size, problem, problem_at) values (@signer, @log, 0, @problem, @now)
                on conflict (signer) do update set problem = excluded.problem, problem_at = coalesce(audit_witness.problem_at, excluded.problem_at)
                """,
            new { signer, log, size, problem, now }, cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<WitnessRow>> WitnessesAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<WitnessRow>(new CommandDefinition(
            "select signer, log, size, cosigned_at as CosignedAt, problem, problem_at as ProblemAt from audit_witness order by signer",
            cancellationToken: cancellation))).AsList();
    }
}

/// <summary>The newest checkpoint that this node has cosigned of one log of another node.</summary>
public sealed record HeldLog
{
    internal const string Columns = "owner, log_id as LogId, size, note, seen_at as SeenAt, followed_by as FollowedBy";

    public string Owner { get; init; } = "";

    public Guid LogId { get; init; }

    public long Size { get; init; }

    public string Note { get; init; } = "";

    public DateTimeOffset SeenAt { get; init; }

    /// <summary>The log that took its place (A4).</summary>
    public Guid? FollowedBy { get; init; }
}

/// <summary>Where a log of another node did not go on from what this node had seen of it. Kept for good.</summary>
public sealed record LogBreak
{
    public const string Conflict = "conflict";
    public const string Recovered = "recovered";

    public string Owner { get; init; } = "";

    public Guid LogId { get; init; }

    /// <summary><see cref="Conflict"/>, or <see cref="Recovered"/>: told by the new log's first entry (A4).</summary>
    public string Kind { get; init; } = "";

    public string Why { get; init; } = "";

    public string Held { get; init; } = "";

    public string Shown { get; init; } = "";

    public DateTimeOffset DetectedAt { get; init; }

    public DateTimeOffset? HealedAt { get; init; }

    public bool IsOpen => Kind == Conflict && HealedAt is null;
}

/// <summary>How a witness of this node's own log last answered.</summary>
public sealed record WitnessRow
{
    public string Signer { get; init; } = "";

    public int Log { get; init; }

    public long Size { get; init; }

    public DateTimeOffset? CosignedAt { get; init; }

    public string? Problem { get; init; }

    public DateTimeOffset? ProblemAt { get; init; }
}

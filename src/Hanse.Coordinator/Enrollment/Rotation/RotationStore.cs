using Dapper;
using Google.Protobuf;
using Hanse.Authority.Sealing;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>The federation's roots and their rotations (T4). Each step is one change of these rows, under the lock of the federation's row, so that a
/// crash leaves a step done or not begun.</summary>
internal sealed class RotationStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The one that issues first; while a rotation runs the other behind it.</summary>
    public async Task<IReadOnlyList<byte[]>> RootsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<byte[]>(new CommandDefinition(
            "select certificate from enrollment_root order by position", cancellationToken: cancellation))).AsList();
    }

    public async Task<IReadOnlyList<RootSuccession>> SuccessionsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(byte[] Predecessor, byte[] Successor, byte[] Signature)>(new CommandDefinition(
            "select predecessor, successor, signature from enrollment_succession order by id", cancellationToken: cancellation));
        return
        [
            .. rows.Select(r => new RootSuccession
            {
                Predecessor = ByteString.CopyFrom(r.Predecessor), Successor = ByteString.CopyFrom(r.Successor), Signature = ByteString.CopyFrom(r.Signature),
            }),
        ];
    }

    /// <summary>The last rotation, ended or not; null when there was none.</summary>
    public async Task<RotationRow?> LastAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await FindAsync(connection, null, cancellation);
    }

    /// <summary>The same, with every other step kept out until the transaction ends.</summary>
    public async Task<RotationRow?> LockAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        await ExecuteAsync(transaction, "select 1 from enrollment_federation for update", new { }, cancellation);
        return await FindAsync(transaction.Connection!, transaction, cancellation);
    }

    public Task StartAsync(
        NpgsqlTransaction transaction, SpkiHash old, SealedRoot next, SpkiHash nextKey, RootSuccession succession, string actor, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            """
            insert into enrollment_root (position, certificate, sealed_key, created_at) values (1, @Certificate, @SealedKey, @now);
            insert into enrollment_succession (predecessor, successor, signature) values (@predecessor, @Certificate, @signature);
            insert into enrollment_rotation (phase, old_root, new_root, started_by, started_at) values (0, @oldKey, @newKey, @actor, @now);
            update enrollment_federation set trust_generation = trust_generation + 1;
            """,
            new
            {
                next.Certificate, next.SealedKey, predecessor = succession.Predecessor.ToByteArray(), signature = succession.Signature.ToByteArray(),
                oldKey = old.ToBytes(), newKey = nextKey.ToBytes(), actor, now = time.GetUtcNow(),
            },
            cancellation);

    /// <summary>From now on the next root issues; the old one is still trusted.</summary>
    public Task SwitchAsync(NpgsqlTransaction transaction, long rotation, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            """
            update enrollment_root set position = position - 10;
            update enrollment_root set position = -9 - position;
            update enrollment_rotation set phase = 1, switched_at = @now where id = @rotation;
            update enrollment_federation set trust_generation = trust_generation + 1;
            """,
            new { rotation, now = time.GetUtcNow() }, cancellation);

    /// <summary>The old root and its key are gone; its word for the new one stays.</summary>
    public Task FinishAsync(NpgsqlTransaction transaction, long rotation, CancellationToken cancellation) =>
        EndAsync(transaction, rotation, phase: 2, "", cancellation);

    /// <summary>The next root and its key are gone, and so is the old one's word for it.</summary>
    public Task AbortAsync(NpgsqlTransaction transaction, long rotation, CancellationToken cancellation) =>
        EndAsync(
            transaction, rotation, phase: 3,
            "delete from enrollment_succession where successor = (select certificate from enrollment_root where position = 1);", cancellation);

    private Task EndAsync(NpgsqlTransaction transaction, long rotation, short phase, string first, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            $"""
            {first}
            delete from enrollment_root where position = 1;
            update enrollment_rotation set phase = @phase, ended_at = @now where id = @rotation;
            update enrollment_federation set trust_generation = trust_generation + 1;
            """,
            new { rotation, phase, now = time.GetUtcNow() }, cancellation);

    private static Task<RotationRow?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<RotationRow>(new CommandDefinition(
            """
            select id, phase, old_root as OldRoot, new_root as NewRoot, started_by as StartedBy, started_at as StartedAt, switched_at as SwitchedAt,
                   ended_at as EndedAt
            from enrollment_rotation order by id desc limit 1
            """,
            transaction: transaction, cancellationToken: cancellation));

    private static Task ExecuteAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
}

/// <summary>Where a rotation stands.</summary>
internal enum RotationPhase
{
    /// <summary>The next root is in the trust set; the old one issues.</summary>
    Published = 0,

    /// <summary>The new root issues; the old one is still trusted.</summary>
    Switched = 1,

    /// <summary>The old root is gone.</summary>
    Finished = 2,

    /// <summary>The next root is gone, before it issued anything.</summary>
    Aborted = 3,
}

/// <summary>One rotation.</summary>
internal sealed class RotationRow
{
    public long Id { get; init; }
    public short Phase { get; init; }
    public byte[] OldRoot { get; init; } = [];
    public byte[] NewRoot { get; init; } = [];
    public string StartedBy { get; init; } = "";
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? SwitchedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    public RotationPhase State => (RotationPhase)Phase;

    public bool IsUnderWay => State is RotationPhase.Published or RotationPhase.Switched;

    public string Old => Convert.ToHexStringLower(OldRoot);

    public string New => Convert.ToHexStringLower(NewRoot);
}

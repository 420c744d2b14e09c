using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>Which command a caller's key stands for. Keys of different callers never meet.</summary>
internal static class IdempotencyStore
{
    /// <summary>What the key stands for; null if it is new.</summary>
    public static Task<IdempotencyRow?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string actor, string key, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<IdempotencyRow>(new CommandDefinition(
            "select body_hash as BodyHash, command_id as CommandId from commands_idempotency where actor = @actor and key = @key",
            new { actor, key }, transaction, cancellationToken: cancellation));

    /// <summary>Takes the key for a command; false if another holds it. Waits for a concurrent taker to commit or fail.</summary>
    public static async Task<bool> TakeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string actor, string key, byte[] bodyHash, CommandId command,
        DateTimeOffset now, CancellationToken cancellation) =>
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_idempotency (actor, key, body_hash, command_id, created_at)
            values (@actor, @key, @bodyHash, @command, @now) on conflict do nothing
            """,
            new { actor, key, bodyHash, command = command.Value, now }, transaction, cancellationToken: cancellation)) > 0;
}

/// <summary>A row of commands_idempotency.</summary>
internal sealed record IdempotencyRow
{
    public byte[] BodyHash { get; init; } = [];

    public Guid CommandId { get; init; }
}

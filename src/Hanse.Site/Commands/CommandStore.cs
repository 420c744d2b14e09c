using Dapper;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>Commands as given: what, by whom, until when.</summary>
internal static class CommandStore
{
    /// <summary>False if the command, or its idempotency key, is already here.</summary>
    public static async Task<bool> AddAsync(NpgsqlTransaction transaction, CommandRow command, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_command (id, local, actor, reason, script, created_at, deadline_at, give_up_at, idempotency_key)
            values (@Id, @Local, @Actor, @Reason, @Script, @CreatedAt, @DeadlineAt, @GiveUpAt, @IdempotencyKey)
            on conflict do nothing
            """,
            command, transaction, cancellationToken: cancellation)) > 0;

    public static Task<CommandRow?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<CommandRow>(new CommandDefinition(
            $"select {Columns} from commands_command where id = @id", new { id }, cancellationToken: cancellation));

    public static Task<CommandRow?> FindByKeyAsync(NpgsqlTransaction transaction, string idempotencyKey, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<CommandRow>(new CommandDefinition(
            $"select {Columns} from commands_command where idempotency_key = @idempotencyKey",
            new { idempotencyKey }, transaction, cancellationToken: cancellation));

    public static async Task<IReadOnlyList<CommandRow>> ListAsync(NpgsqlConnection connection, int limit, CancellationToken cancellation) =>
        (await connection.QueryAsync<CommandRow>(new CommandDefinition(
            $"select {Columns} from commands_command order by created_at desc, id limit @limit", new { limit }, cancellationToken: cancellation))).AsList();

    /// <summary>Where commands came from, for the record that carries an outcome up (U4): the coordinator knows its own, a local one
    /// travels with all that is needed to rebuild it.</summary>
    public static async Task<IReadOnlyDictionary<Guid, CommandOrigin>> OriginsAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<Guid> commands, CancellationToken cancellation)
    {
        var rows = await transaction.Connection!.QueryAsync<CommandRow>(new CommandDefinition(
            $"select {Columns} from commands_command where id = any(@ids)", new { ids = commands.ToArray() }, transaction, cancellationToken: cancellation));
        return rows.ToDictionary(r => r.Id, ToOrigin);
    }

    private const string Columns = """
        id, local, actor, reason, script, created_at as CreatedAt, deadline_at as DeadlineAt, give_up_at as GiveUpAt,
        idempotency_key as IdempotencyKey
        """;

    private static CommandOrigin ToOrigin(CommandRow row) => new()
    {
        Local = row.Local, Actor = row.Actor, Reason = row.Reason,
        CreatedUnixMs = row.CreatedAt.ToUnixTimeMilliseconds(), DeadlineUnixMs = row.DeadlineAt.ToUnixTimeMilliseconds(),
        Script = row.Local ? Script.Parser.ParseFrom(row.Script) : null,
    };
}

/// <summary>One command as stored.</summary>
internal sealed class CommandRow
{
    public required Guid Id { get; init; }
    public required bool Local { get; init; }
    public required string Actor { get; init; }
    public string Reason { get; init; } = "";
    public required byte[] Script { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset DeadlineAt { get; init; }
    public DateTimeOffset? GiveUpAt { get; init; }
    public string? IdempotencyKey { get; init; }
}

using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>Commands as rows.</summary>
internal static class CommandStore
{
    private const string Columns = """
        c.id as Id, c.created_at as CreatedAt, c.deadline as Deadline, c.give_up_at as GiveUpAt, c.actor as Actor, c.reason as Reason,
        c.script as Script, c.host_count as HostCount, c.cancel_requested_at as CancelRequestedAt,
        c.cancel_requested_by as CancelRequestedBy, c.told_by as ToldBy, c.local as Local
        """;

    /// <summary>False if there is such a command already.</summary>
    public static async Task<bool> AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandRow command, CancellationToken cancellation) =>
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_command (id, created_at, deadline, give_up_at, next_check_at, actor, reason, script, host_count, told_by, local)
            values (@Id, @CreatedAt, @Deadline, @GiveUpAt, @Deadline, @Actor, @Reason, @Script, @HostCount, @ToldBy, @Local)
            on conflict (id) do nothing
            """,
            command, transaction, cancellationToken: cancellation)) > 0;

    public static async Task<IReadOnlyDictionary<Guid, CommandRow>> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid[] ids, CancellationToken cancellation) =>
        (await connection.QueryAsync<CommandRow>(new CommandDefinition(
            $"select {Columns} from commands_command c where c.id = any(@ids)", new { ids }, transaction, cancellationToken: cancellation)))
        .ToDictionary(c => c.Id);

    /// <summary>The command, locked against whoever else changes it as a whole; null if there is none.</summary>
    public static Task<CommandRow?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId id, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<CommandRow>(new CommandDefinition(
            $"select {Columns} from commands_command c where c.id = @id for update", new { id = id.Value }, transaction, cancellationToken: cancellation));

    /// <summary>Notes who first wished it cancelled.</summary>
    public static Task NoteCancelAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId id, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "update commands_command set cancel_requested_at = @now, cancel_requested_by = @actor where id = @id and cancel_requested_at is null",
            new { id = id.Value, actor, now }, transaction, cancellationToken: cancellation));

    /// <summary>Counts hosts that a site told of, and has the reaper look at the command again.</summary>
    public static Task GrowAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, int hosts, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "update commands_command set host_count = host_count + @hosts, next_check_at = coalesce(next_check_at, give_up_at) where id = @id",
            new { id, hosts }, transaction, cancellationToken: cancellation));

    /// <summary>A command with its counts; null if there is none.</summary>
    public static async Task<(CommandRow Command, ExecutionTally Tally)?> SummaryAsync(
        NpgsqlConnection connection, CommandId id, CancellationToken cancellation)
    {
        var found = await connection.QueryAsync<CommandRow, ExecutionTally, (CommandRow, ExecutionTally)>(new CommandDefinition(
            $"""
            select {Columns}, s.* from commands_command c
            cross join lateral (select {ExecutionTally.Sums} from commands_tally t where t.command_id = c.id) s
            where c.id = @id
            """,
            new { id = id.Value }, cancellationToken: cancellation), (command, tally) => (command, tally), splitOn: "Queued");
        return found.Select(f => ((CommandRow, ExecutionTally)?)f).SingleOrDefault();
    }

    /// <summary>Commands, newest first, after the one given.</summary>
    public static async Task<IReadOnlyList<(CommandRow Command, ExecutionTally Tally)>> ListAsync(
        NpgsqlConnection connection, (DateTimeOffset CreatedAt, Guid Id)? after, int limit, CancellationToken cancellation) =>
        (await connection.QueryAsync<CommandRow, ExecutionTally, (CommandRow, ExecutionTally)>(new CommandDefinition(
            $"""
            select {Columns}, s.* from (
                select * from commands_command
                where @id::uuid is null or (created_at, id) < (@createdAt, @id)
                order by created_at desc, id desc limit @limit) c
            cross join lateral (select {ExecutionTally.Sums} from commands_tally t where t.command_id = c.id) s
            order by c.created_at desc, c.id desc
            """,
            new { id = after?.Id, createdAt = after?.CreatedAt ?? DateTimeOffset.UnixEpoch, limit }, cancellationToken: cancellation),
            (command, tally) => (command, tally), splitOn: "Queued")).AsList();
}

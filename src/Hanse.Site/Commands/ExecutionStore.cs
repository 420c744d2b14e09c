using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>Executions in bulk: read under lock, decide in the machine, write back.</summary>
internal static class ExecutionStore
{
    private const string Columns =
        "e.command_id as CommandId, e.host_id as HostId, e.state, e.offered, e.cancel_requested as CancelRequested, e.report, e.reason";

    /// <summary>Locks and reads these executions, in key order so that two writers cannot deadlock. Unknown ones are missing.</summary>
    public static async Task<Dictionary<(Guid, Guid), ExecutionRow>> LockAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<(Guid Command, Guid Host)> keys, CancellationToken cancellation) =>
        (await transaction.Connection!.QueryAsync<ExecutionRow>(new CommandDefinition(
            $"""
            select {Columns} from commands_execution e
            join unnest(@commands, @hosts) as k (command_id, host_id) using (command_id, host_id)
            order by e.command_id, e.host_id for update of e
            """,
            new { commands = keys.Select(k => k.Command).ToArray(), hosts = keys.Select(k => k.Host).ToArray() },
            transaction, cancellationToken: cancellation)))
        .ToDictionary(r => r.Key);

    /// <summary>Writes changes; an execution that is not known yet is added.</summary>
    public static Task WriteAsync(NpgsqlTransaction transaction, IReadOnlyCollection<ExecutionChange> changes, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_execution as e
                (command_id, host_id, state, offered, cancel_requested, exit_code, reason, detail, report, started_at, finished_at)
            select c.command_id, c.host_id, c.state, c.offered, c.cancel_requested, c.exit_code, coalesce(c.reason, ''),
                   coalesce(c.detail, ''), c.report, c.started_at, c.finished_at
            from unnest(@commands, @hosts, @states, @offered, @cancels, @exits, @reasons, @details, @reports, @started, @finished)
                as c (command_id, host_id, state, offered, cancel_requested, exit_code, reason, detail, report, started_at, finished_at)
            on conflict (command_id, host_id) do update
                set state = excluded.state, offered = excluded.offered, cancel_requested = excluded.cancel_requested,
                    exit_code = coalesce(excluded.exit_code, e.exit_code),
                    reason = case when excluded.reason = '' then e.reason else excluded.reason end,
                    detail = case when excluded.detail = '' then e.detail else excluded.detail end,
                    report = coalesce(excluded.report, e.report),
                    started_at = coalesce(excluded.started_at, e.started_at), finished_at = coalesce(excluded.finished_at, e.finished_at)
            """,
            new
            {
                commands = changes.Select(c => c.CommandId).ToArray(),
                hosts = changes.Select(c => c.HostId).ToArray(),
                states = changes.Select(c => (short)c.Status.State).ToArray(),
                offered = changes.Select(c => c.Status.Offered).ToArray(),
                cancels = changes.Select(c => c.Status.CancelRequested).ToArray(),
                exits = changes.Select(c => c.Report is { HasExitCode: true } r ? r.ExitCode : (int?)null).ToArray(),
                reasons = changes.Select(c => c.Report?.Reason).ToArray(),
                details = changes.Select(c => c.Report?.Detail).ToArray(),
                reports = changes.Select(c => c.Report?.ToByteArray()).ToArray(),
                started = changes.Select(c => At(c.Report?.StartedUnixMs)).ToArray(),
                finished = changes.Select(c => At(c.Report?.FinishedUnixMs)).ToArray(),
            },
            transaction, cancellationToken: cancellation));

    /// <summary>Executions these hosts should be offered, or be told to cancel; oldest command first.</summary>
    /// <param name="connection">Where to.</param>
    /// <param name="hosts">Of these.</param>
    /// <param name="back">Those among them that are asked as well what became of what they run.</param>
    /// <param name="limit">At most so many, oldest first.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<PendingExecution>> PendingAsync(
        NpgsqlConnection connection, IReadOnlyCollection<HostId> hosts, IReadOnlyCollection<HostId> back, int limit, CancellationToken cancellation) =>
        (await connection.QueryAsync<PendingExecution>(new CommandDefinition(
            """
            select e.command_id as CommandId, e.host_id as HostId, e.state, e.offered, e.cancel_requested as CancelRequested,
                   c.script, c.deadline_at as DeadlineAt
            from commands_execution e join commands_command c on c.id = e.command_id
            where e.host_id = any(@hosts) and (e.state = @delivered or (e.state = @running and (e.cancel_requested or e.host_id = any(@back))))
            order by c.created_at limit @limit
            """,
            new
            {
                hosts = hosts.Select(h => h.Value).ToArray(), back = back.Select(h => h.Value).ToArray(), limit,
                delivered = (short)ExecutionState.Delivered, running = (short)ExecutionState.Running,
            },
            cancellationToken: cancellation))).AsList();

    public static async Task<IReadOnlyList<HostId>> HostsAsync(NpgsqlTransaction transaction, CommandId command, CancellationToken cancellation) =>
        [.. (await transaction.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select host_id from commands_execution where command_id = @id", new { id = command.Value }, transaction, cancellationToken: cancellation)))
            .Select(HostId.From)];

    public static Task<ExecutionRow?> FindAsync(NpgsqlConnection connection, CommandId command, HostId host, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<ExecutionRow>(new CommandDefinition(
            $"select {Columns} from commands_execution e where e.command_id = @command and e.host_id = @host",
            new { command = command.Value, host = host.Value }, cancellationToken: cancellation));

    /// <summary>Open executions whose time may be up: not handed on by the deadline, or, of local commands, without an outcome.</summary>
    public static async Task<IReadOnlyList<DueExecution>> DueAsync(
        NpgsqlConnection connection, DateTimeOffset now, int limit, CancellationToken cancellation) =>
        (await connection.QueryAsync<DueExecution>(new CommandDefinition(
            """
            select e.command_id as CommandId, e.host_id as HostId, c.deadline_at as DeadlineAt, c.give_up_at as GiveUpAt
            from commands_execution e join commands_command c on c.id = e.command_id
            where e.state in (2, 3) and ((not e.offered and c.deadline_at <= @now) or c.give_up_at <= @now)
            limit @limit
            """,
            new { now, limit }, cancellationToken: cancellation))).AsList();

    private static DateTimeOffset? At(long? unixMs) => unixMs is > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs.Value) : null;
}

/// <summary>An execution waiting for its agent.</summary>
internal sealed class PendingExecution
{
    public Guid CommandId { get; init; }
    public Guid HostId { get; init; }
    public short State { get; init; }
    public bool Offered { get; init; }
    public bool CancelRequested { get; init; }
    public required byte[] Script { get; init; }
    public DateTimeOffset DeadlineAt { get; init; }
}

/// <summary>An execution whose time may be up.</summary>
internal sealed class DueExecution
{
    public Guid CommandId { get; init; }
    public Guid HostId { get; init; }
    public DateTimeOffset DeadlineAt { get; init; }
    public DateTimeOffset? GiveUpAt { get; init; }
}

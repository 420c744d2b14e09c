using Dapper;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Commands.Intake;

/// <summary>Reads and writes the executions of a batch of records, each in one statement.</summary>
internal static class IntakeStore
{
    /// <summary>The status of those that are known. The caller holds their tally's lock, so it stays as read.</summary>
    public static async Task<IReadOnlyDictionary<ExecutionKey, ExecutionStatus>> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<ExecutionKey> keys, CancellationToken cancellation) =>
        (await connection.QueryAsync<StatusRow>(new CommandDefinition(
            """
            select distinct e.command_id as Command, e.site_id as Site, e.host_id as Host, e.state as State,
                e.cancel_requested as CancelRequested, e.offered as Offered
            from commands_execution e
            join unnest(@commands, @sites, @hosts) as k(command_id, site_id, host_id)
                on e.command_id = k.command_id and e.site_id = k.site_id and e.host_id = k.host_id
            """,
            new
            {
                commands = keys.Select(k => k.Command).ToArray(),
                sites = keys.Select(k => k.Site).ToArray(),
                hosts = keys.Select(k => k.Host).ToArray(),
            },
            transaction, cancellationToken: cancellation)))
        .ToDictionary(r => new ExecutionKey(r.Command, r.Site, r.Host), r => new ExecutionStatus((ExecutionState)r.State, r.CancelRequested, r.Offered));

    /// <summary>Writes status and report; an execution that is new takes its hostname from <paramref name="hostnames"/>.</summary>
    public static async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<ExecutionWrite> writes,
        IReadOnlyDictionary<ExecutionKey, string> hostnames, DateTimeOffset now, CancellationToken cancellation)
    {
        if (writes.Count == 0)
        {
            return;
        }

        var rows = writes.Select(w => (Write: w, w.Report, Hostname: hostnames.GetValueOrDefault(w.Key))).ToArray();
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_execution as e (command_id, site_id, host_id, hostname, state, cancel_requested, offered, exit_code, reason, detail,
                started_at, finished_at, stdout_head, stdout_tail, stdout_length, stdout_truncated,
                stderr_head, stderr_tail, stderr_length, stderr_truncated, updated_at)
            select u.*, @now from unnest(@commands, @sites, @hosts, @hostnames, @states, @cancels, @offers, @exitCodes, @reasons, @details,
                @starts, @finishes, @outHeads, @outTails, @outLengths, @outTruncated, @errHeads, @errTails, @errLengths, @errTruncated) u
            on conflict (command_id, site_id, host_id) do update set
                state = excluded.state, cancel_requested = excluded.cancel_requested, offered = excluded.offered,
                exit_code = excluded.exit_code, reason = excluded.reason, detail = excluded.detail,
                started_at = coalesce(excluded.started_at, e.started_at), finished_at = excluded.finished_at,
                stdout_head = excluded.stdout_head, stdout_tail = excluded.stdout_tail,
                stdout_length = excluded.stdout_length, stdout_truncated = excluded.stdout_truncated,
                stderr_head = excluded.stderr_head, stderr_tail = excluded.stderr_tail,
                stderr_length = excluded.stderr_length, stderr_truncated = excluded.stderr_truncated, updated_at = excluded.updated_at
            """,
            new
            {
                now,
                commands = rows.Select(r => r.Write.Key.Command).ToArray(),
                sites = rows.Select(r => r.Write.Key.Site).ToArray(),
                hosts = rows.Select(r => r.Write.Key.Host).ToArray(),
                hostnames = rows.Select(r => r.Hostname ?? "").ToArray(),
                states = rows.Select(r => (short)r.Write.Status.State).ToArray(),
                cancels = rows.Select(r => r.Write.Status.CancelRequested).ToArray(),
                offers = rows.Select(r => r.Write.Status.Offered).ToArray(),
                exitCodes = rows.Select(r => r.Report.HasExitCode ? r.Report.ExitCode : (int?)null).ToArray(),
                reasons = rows.Select(r => TextOrNull(r.Report.Reason)).ToArray(),
                details = rows.Select(r => TextOrNull(r.Report.Detail)).ToArray(),
                starts = rows.Select(r => CommandTimes.Read(r.Report.StartedUnixMs)).ToArray(),
                finishes = rows.Select(r => CommandTimes.Read(r.Report.FinishedUnixMs)).ToArray(),
                outHeads = rows.Select(r => r.Report.Stdout?.Head.ToByteArray()).ToArray(),
                outTails = rows.Select(r => r.Report.Stdout?.Tail.ToByteArray()).ToArray(),
                outLengths = rows.Select(r => (long?)r.Report.Stdout?.Length).ToArray(),
                outTruncated = rows.Select(r => r.Report.Stdout?.Truncated).ToArray(),
                errHeads = rows.Select(r => r.Report.Stderr?.Head.ToByteArray()).ToArray(),
                errTails = rows.Select(r => r.Report.Stderr?.Tail.ToByteArray()).ToArray(),
                errLengths = rows.Select(r => (long?)r.Report.Stderr?.Length).ToArray(),
                errTruncated = rows.Select(r => r.Report.Stderr?.Truncated).ToArray(),
            },
            transaction, cancellationToken: cancellation));
    }

    private static string? TextOrNull(string text) => text.Length == 0 ? null : text;

    private sealed record StatusRow
    {
        public Guid Command { get; init; }

        public Guid Site { get; init; }

        public Guid Host { get; init; }

        public short State { get; init; }

        public bool CancelRequested { get; init; }

        public bool Offered { get; init; }
    }
}

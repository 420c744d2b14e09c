using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands.Reading;

/// <summary>Executions of a command for people, in pages that are bounded in rows and in bytes.</summary>
internal static class ExecutionPageStore
{
    /// <summary>A page ends when its excerpts reach this, so that 100,000 hosts that flood their output do not make one answer.</summary>
    public const int PageBytes = 8 * 1024 * 1024;

    private const string Columns = """
        site_id as SiteId, host_id as HostId, hostname as Hostname, state as State, cancel_requested as CancelRequested, exit_code as ExitCode,
        reason as Reason, detail as Detail, started_at as StartedAt, finished_at as FinishedAt,
        stdout_head as StdoutHead, stdout_tail as StdoutTail, stdout_length as StdoutLength, stdout_truncated as StdoutTruncated,
        stderr_head as StderrHead, stderr_tail as StderrTail, stderr_length as StderrLength, stderr_truncated as StderrTruncated
        """;

    /// <summary>At most <paramref name="limit"/> executions after the one given, and whether there are more.</summary>
    public static async Task<(IReadOnlyList<ExecutionRow> Rows, bool More)> ListAsync(
        NpgsqlConnection connection, CommandId command, (Guid Site, Guid Host)? after, int limit, CancellationToken cancellation)
    {
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(
            $"""
            select {Columns} from commands_execution
            where command_id = @command and (@host::uuid is null or (site_id, host_id) > (@site, @host))
            order by site_id, host_id limit @limit
            """,
            new { command = command.Value, site = after?.Site, host = after?.Host, limit = limit + 1 }, cancellationToken: cancellation));
        var parse = reader.GetRowParser<ExecutionRow>();
        var rows = new List<ExecutionRow>();
        var bytes = 0;
        while (await reader.ReadAsync(cancellation))
        {
            if (rows.Count == limit || bytes >= PageBytes)
            {
                return (rows, true);
            }

            var row = parse(reader);
            bytes += (row.StdoutHead?.Length ?? 0) + (row.StdoutTail?.Length ?? 0) + (row.StderrHead?.Length ?? 0) + (row.StderrTail?.Length ?? 0);
            rows.Add(row);
        }

        return (rows, false);
    }

    /// <summary>The execution on a host, named by id or by hostname; null if there is none or more than one.</summary>
    public static async Task<ExecutionRow?> FindAsync(NpgsqlConnection connection, CommandId command, string host, CancellationToken cancellation)
    {
        var found = (await connection.QueryAsync<ExecutionRow>(new CommandDefinition(
            $"""
            select {Columns} from commands_execution
            where command_id = @command and (host_id = @id or (@id is null and lower(hostname) = lower(@host))) limit 2
            """,
            new { command = command.Value, id = HostId.TryParse(host, out var id) ? id.Value : (Guid?)null, host }, cancellationToken: cancellation)))
            .AsList();
        return found.Count == 1 ? found[0] : null;
    }
}

using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>Commands given at the site itself (J6): checked, issued, shown. They run without a coordinator and are told to it later.</summary>
internal sealed class LocalCommands(
    NpgsqlDataSource database, CommandIntake intake, IHosts hosts, CommandSignal signal, SiteOptions options, TimeProvider time)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    /// <summary>The command's id, or what is wrong with the order. The same idempotency key gives the same command.</summary>
    public async Task<(CommandId? Id, Error? Error)> IssueAsync(LocalOrder order, CancellationToken cancellation)
    {
        var found = await hosts.FindAsync(order.Hosts, cancellation);
        if (Unresolved(order.Hosts, found) is { } fault)
        {
            return (null, fault);
        }

        var now = time.GetUtcNow();
        var timeout = order.Script.TimeoutMs == 0 ? DefaultTimeout : TimeSpan.FromMilliseconds(order.Script.TimeoutMs);
        var command = new CommandRow
        {
            Id = CommandId.New().Value, Local = true, Actor = order.Actor, Reason = order.Reason, Script = order.Script.ToByteArray(),
            CreatedAt = now, DeadlineAt = now + order.Deadline, GiveUpAt = now + order.Deadline + timeout + options.CommandGrace,
            IdempotencyKey = order.IdempotencyKey,
        };
        await intake.IssueAsync(command, [.. found.Select(h => new HostId(h.Id)).Distinct()], cancellation);
        return (order.IdempotencyKey is null ? new CommandId(command.Id) : await ByKeyAsync(order.IdempotencyKey, cancellation), null);
    }

    public async Task<object?> ShowAsync(CommandId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await CommandStore.FindAsync(connection, id.Value, cancellation) is { } row
            ? CommandViews.Command(row, await ExecutionsAsync(connection, id.Value, cancellation))
            : null;
    }

    public async Task<IReadOnlyList<object>> ListAsync(int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var views = new List<object>();
        foreach (var row in await CommandStore.ListAsync(connection, limit, cancellation))
        {
            views.Add(CommandViews.Command(row, await ExecutionsAsync(connection, row.Id, cancellation)));
        }

        return views;
    }

    /// <summary>Returns at the next report of any command, or after the wait.</summary>
    public Task ChangeAsync(TimeSpan wait, CancellationToken cancellation) => signal.Reports.WaitAsync(wait, time, cancellation);

    private async Task<CommandId?> ByKeyAsync(string key, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        return await CommandStore.FindByKeyAsync(transaction, key, cancellation) is { } row ? new CommandId(row.Id) : null;
    }

    private static Error? Unresolved(IReadOnlyList<string> wanted, IReadOnlyList<HostRow> found)
    {
        foreach (var text in wanted)
        {
            var matches = found.Where(h => IdText.Format(h.Id) == text || h.Hostname.Equals(text, StringComparison.OrdinalIgnoreCase)).ToList();
            if (matches.Count == 0)
            {
                return new Error { Code = ErrorCodes.HostUnknown, Message = "No host of this site has this id or name. List them with: hanse host search", Field = "hosts" };
            }

            if (matches.Count > 1)
            {
                var ids = string.Join(", ", matches.Take(10).Select(m => IdText.Format(m.Id)));
                return new Error { Code = ErrorCodes.HostAmbiguous, Message = $"{matches.Count} hosts bear this name; use an id: {ids}.", Field = "hosts" };
            }
        }

        return null;
    }

    private static async Task<IReadOnlyList<ExecutionView>> ExecutionsAsync(NpgsqlConnection connection, Guid command, CancellationToken cancellation) =>
        (await connection.QueryAsync<ExecutionView>(new CommandDefinition(
            """
            select e.host_id as HostId, h.hostname, e.state, e.cancel_requested as CancelRequested, e.exit_code as ExitCode, e.reason, e.detail,
                   e.report, e.started_at as StartedAt, e.finished_at as FinishedAt
            from commands_execution e left join agents_host h on h.id = e.host_id
            where e.command_id = @command order by h.hostname, e.host_id limit 10000
            """,
            new { command }, cancellationToken: cancellation))).AsList();
}

/// <summary>An order as given at the socket, its durations and script already read.</summary>
internal sealed record LocalOrder(
    IReadOnlyList<string> Hosts, Script Script, TimeSpan Deadline, string Actor, string Reason, string? IdempotencyKey);

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
    NpgsqlDataSource database, CommandIntake intake, IHosts hosts, CommandSignal signal, SiteOptions options, TimeProvider time, DiskSpace space)
{
    /// <summary>A signal wakes one waiter for sure; others look again after this.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    /// <summary>The command's id, or what is wrong with the order. The same idempotency key gives the same command.</summary>
    public async Task<(CommandId? Id, Error? Error)> IssueAsync(LocalOrder order, CancellationToken cancellation)
    {
        var found = await hosts.FindAsync(order.Hosts, cancellation);
        if (Unresolved(order.Hosts, found) is { } fault)
        {
            return (null, fault);
        }

        if (space.RefusalOfWork() is { } full)
        {
            return (null, full);
        }

        var now = time.GetUtcNow();
        var timeout = TimeSpan.FromMilliseconds(order.Script.TimeoutMs);
        var command = new CommandRow
        {
            Id = CommandId.New().Value, Local = true, Actor = order.Actor, Reason = order.Reason, Script = order.Script.ToByteArray(),
            CreatedAt = now, DeadlineAt = now + order.Deadline, GiveUpAt = now + order.Deadline + timeout + options.CommandGrace,
            IdempotencyKey = order.IdempotencyKey,
        };
        var targets = found.Select(h => new HostId(h.Id)).ToHashSet();
        await intake.IssueAsync(command, targets, cancellation);
        return order.IdempotencyKey is null ? (new CommandId(command.Id), null) : await ByKeyAsync(order, targets, cancellation);
    }

    public async Task<CommandSummary?> ShowAsync(CommandId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await CommandStore.FindAsync(connection, id.Value, cancellation) is { } row
            ? CommandViews.Command(row, await ExecutionsAsync(connection, id.Value, cancellation), whole: true)
            : null;
    }

    /// <summary>The command as soon as its version is no longer <paramref name="since"/>, at the latest after the wait.</summary>
    public async Task<CommandSummary?> WaitAsync(CommandId id, string? since, TimeSpan wait, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var view = await ShowAsync(id, cancellation);
            var left = wait - time.GetElapsedTime(began);
            if (view is null || left <= TimeSpan.Zero || (since is not null && view.Version != since))
            {
                return view;
            }

            since ??= view.Version;
            await signal.Reports.WaitAsync(left < LongestSleep ? left : LongestSleep, time, cancellation);
        }
    }

    public async Task<IReadOnlyList<CommandSummary>> ListAsync(int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var views = new List<CommandSummary>();
        foreach (var row in await CommandStore.ListAsync(connection, limit, cancellation))
        {
            views.Add(CommandViews.Command(row, await ExecutionsAsync(connection, row.Id, cancellation), whole: false));
        }

        return views;
    }

    private async Task<(CommandId? Id, Error? Error)> ByKeyAsync(LocalOrder order, HashSet<HostId> targets, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var row = (await CommandStore.FindByKeyAsync(transaction, order.IdempotencyKey!, cancellation))!;
        var id = CommandId.From(row.Id);
        var same = row.Script.AsSpan().SequenceEqual(order.Script.ToByteArray()) && row.Reason == order.Reason
            && targets.SetEquals(await ExecutionStore.HostsAsync(transaction, id, cancellation));
        return same ? (id, null) : (null, new Error
        {
            Code = ErrorCodes.IdempotencyKeyReused, Message = $"The key '{order.IdempotencyKey}' stands for another command. Use a new key for a new command.",
            Field = "Idempotency-Key",
        });
    }

    private static Error? Unresolved(IReadOnlyList<string> wanted, IReadOnlyList<HostRow> found)
    {
        foreach (var text in wanted)
        {
            var matches = found.Where(h => IdText.Format(h.Id) == text || h.Hostname.Equals(text, StringComparison.OrdinalIgnoreCase)).ToList();
            if (matches.Count == 0)
            {
                return new Error { Code = ErrorCodes.HostNotFound, Message = "No host of this site has this id or name. List them with: hanse host search", Field = "hosts" };
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

using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>Takes orders. A command, its executions, what must be sent for it and its audit entry are committed together
/// (invariant 6): before that nothing has happened, after it every execution will end (invariant 5).</summary>
internal sealed class CommandService(NpgsqlDataSource database, IHostLookup hosts, IAuditLog audit, CommandOptions options, TimeProvider clock)
{
    private const int MaximumKey = 200;
    private const int NamedInError = 10;

    /// <summary>Gives a command: (1) checks the request; (2) answers a repeated key with its command; (3) resolves hosts;
    /// (4) stores all in one transaction.</summary>
    public async Task<IssueResult> IssueAsync(CommandRequest request, string? key, ActorContext caller, CancellationToken cancellation)
    {
        // 1
        if (request.Check() is { } breach)
        {
            var code = breach.Field.StartsWith("script", StringComparison.Ordinal) ? ErrorCodes.ScriptInvalid : ErrorCodes.RequestInvalid;
            return new IssueRefused(code, breach.Field, breach.Fix);
        }

        if (key is not null && (key.Length is 0 or > MaximumKey || key.Any(c => c is < ' ' or > '~')))
        {
            return new IssueRefused(ErrorCodes.RequestInvalid, "Idempotency-Key", $"The key must have 1 to {MaximumKey} printable ASCII characters.");
        }

        // 2
        var hash = request.Hash();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (key is not null && await IdempotencyStore.FindAsync(connection, null, caller.Account, key, cancellation) is { } given)
        {
            return Repeated(given, hash, key);
        }

        // 3
        var matches = await hosts.ResolveAsync([.. request.Hosts!.Distinct(StringComparer.Ordinal)], cancellation);
        if (Unresolved(matches) is { } unresolved)
        {
            return unresolved;
        }

        // 4
        var targets = matches.Select(m => m.Single!).DistinctBy(t => t.Id).OrderBy(t => t.Site.Value).ThenBy(t => t.Id.Value).ToArray();
        var command = Form(request, targets.Length, caller);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (key is not null && !await IdempotencyStore.TakeAsync(
            connection, transaction, caller.Account, key, hash, command.CommandId, command.CreatedAt, cancellation))
        {
            // Another request with this key committed in between.
            return Repeated((await IdempotencyStore.FindAsync(connection, transaction, caller.Account, key, cancellation))!, hash, key);
        }

        await StoreAsync(connection, transaction, command, targets, caller, cancellation);
        await transaction.CommitAsync(cancellation);
        return new Issued(command.CommandId, Repeated: false);
    }

    /// <summary>Wishes that a command be cancelled. What no site can have taken ends here and now; the wish for the rest is sent
    /// down until the sites confirm it. Asking again, or for a command that has ended, changes nothing.</summary>
    /// <returns>False if there is no such command.</returns>
    public async Task<bool> CancelAsync(CommandId id, ActorContext caller, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await CommandStore.LockAsync(connection, transaction, id, cancellation) is null)
        {
            return false;
        }

        var now = clock.GetUtcNow();
        await TallyStore.LockAsync(connection, transaction, id.Value, cancellation);
        var wish = TransitionTable.Of(status => ExecutionMachine.Cancel(status, ExecutionNode.Coordinator));
        var changes = await ExecutionStore.TransitAsync(connection, transaction, new(id), wish, now, cancellation);
        if (changes.Count > 0)
        {
            await CommandStore.NoteCancelAsync(connection, transaction, id, caller.Account, now, cancellation);
            await TallyStore.ApplyAsync(connection, transaction, changes, cancellation);
            await DispatchStore.WishCancelAsync(
                connection, transaction, id, [.. changes.Where(c => !c.State.IsTerminal()).Select(c => c.Key.Site).Distinct()], now, cancellation);
            AuditEvent wished = new("command.cancel", caller.ForAudit()) { Command = id, Hosts = [.. changes.Select(c => new HostId(c.Key.Host))] };
            await audit.AppendAsync(connection, transaction, [wished, .. OutcomeAudit.Own(changes)], cancellation);
            await CommandSignals.NotifyAsync(connection, transaction, [id.Value], dispatch: true, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static IssueResult Repeated(IdempotencyRow given, byte[] hash, string key) => given.BodyHash.AsSpan().SequenceEqual(hash)
        ? new Issued(new(given.CommandId), Repeated: true)
        : new IssueConflict(key);

    private static IssueRefused? Unresolved(IReadOnlyList<HostMatch> matches)
    {
        var (unknown, ambiguous) = (matches.Where(m => m.Targets.Count == 0).ToArray(), matches.Where(m => m.Targets.Count > 1).ToArray());
        return unknown.Length > 0
            ? new(ErrorCodes.HostNotFound, "hosts", $"No host is called {Names(unknown)}. `hanse host search` shows what there is. Nothing was started.")
            : ambiguous.Length > 0
            ? new(ErrorCodes.HostAmbiguous, "hosts", $"Several hosts are called {Names(ambiguous)}. Give the id of the one you mean. Nothing was started.")
            : null;
    }

    private static string Names(HostMatch[] matches)
    {
        var names = string.Join(", ", matches.Take(NamedInError).Select(m => $"'{Shown(m.Text)}'"));
        return matches.Length > NamedInError ? $"{names} and {matches.Length - NamedInError} more" : names;
    }

    private static string Shown(string text) => new([.. text.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);

    private CommandRow Form(CommandRequest request, int hostCount, ActorContext caller)
    {
        var now = clock.GetUtcNow();
        var deadline = now + (request.Deadline ?? options.DefaultDeadline);
        var script = request.Script!.ToWire();
        return new()
        {
            Id = CommandId.New().Value,
            CreatedAt = now,
            Deadline = deadline,
            GiveUpAt = CommandTimes.GiveUp(deadline, script, options),
            Actor = caller.Account,
            Reason = request.Reason ?? "",
            Script = Google.Protobuf.MessageExtensions.ToByteArray(script),
            HostCount = hostCount,
        };
    }

    private async Task StoreAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandRow command, HostTarget[] targets, ActorContext caller,
        CancellationToken cancellation)
    {
        await CommandStore.AddAsync(connection, transaction, command, cancellation);
        var changes = await ExecutionStore.AddAsync(
            connection, transaction, command.CommandId, targets, ExecutionStatus.Queued, command.CreatedAt, cancellation);
        await TallyStore.ApplyAsync(connection, transaction, changes, cancellation);
        await DispatchStore.EnqueueAsync(
            connection, transaction, command.CommandId, [.. targets.Select(t => t.Site.Value).Distinct()], command.CreatedAt, cancellation);
        await audit.AppendAsync(connection, transaction, CommandAudit.Issued(command, targets, caller), cancellation);
        await CommandSignals.NotifyAsync(connection, transaction, [], dispatch: true, cancellation);
    }
}

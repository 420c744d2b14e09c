using Hanse.Audit;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Commands.Deadlines;

/// <summary>Ends a removed site's executions at once, for nothing of it is heard again: what it never had is <c>rejected</c>, what it may have had
/// <c>unknown</c>, each with the reason <c>site-removed</c> and in the audit log. The machine decides (D6): a removed site is one whose every time is up.</summary>
internal sealed class RemovedSiteEnding(IAuditLog audit, TimeProvider clock) : ISiteRemovalObserver
{
    private static readonly TransitionTable Ending = TransitionTable.Of(status => ExecutionMachine.Holds(status, ExecutionNode.Coordinator)
        ? ExecutionMachine.End(status, ExecutionNode.Coordinator, ExecutionState.Rejected)
        : ExecutionMachine.Pass(status, ExecutionNode.Coordinator, DateTimeOffset.MaxValue, DateTimeOffset.MinValue, DateTimeOffset.MinValue));

    public async Task<(string What, int Count)> SiteRemovedAsync(NpgsqlTransaction transaction, SiteRow site, CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        var commands = await ReaperStore.OpenAtAsync(connection, transaction, site.SiteId, cancellation);
        await TallyStore.LockAsync(connection, transaction, commands, site.Id, cancellation);
        var changes = new List<ExecutionChange>();
        foreach (var command in commands)
        {
            changes.AddRange(await ExecutionStore.TransitAsync(
                connection, transaction, new(new CommandId(command), site.SiteId), Ending, clock.GetUtcNow(), cancellation, ExecutionReasons.SiteRemoved));
        }

        await TallyStore.ApplyAsync(connection, transaction, changes, cancellation);
        await DispatchStore.DropAsync(connection, transaction, site.SiteId, cancellation);
        if (changes.Count > 0)
        {
            await audit.AppendAsync(
                connection, transaction,
                [.. OutcomeAudit.Own(changes).Select(e => e with { Site = site.SiteId, Reason = ExecutionReasons.SiteRemoved })], cancellation);
            await CommandSignals.NotifyAsync(connection, transaction, commands, dispatch: false, cancellation);
        }

        return ("executions", changes.Count);
    }
}

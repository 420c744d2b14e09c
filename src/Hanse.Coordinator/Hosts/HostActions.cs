using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Coordinator.Hosts.Api;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>What an operator does to a host. Each is in the audit log before its first effect (invariant 6); what the site made of a
/// removal or ban is an entry of its own.</summary>
internal sealed class HostActions(NpgsqlDataSource database, IAuditLog audit, HostDetailProxy proxy, IEnumerable<IHostTagsObserver> observers)
{
    /// <returns>The host with its new tags, or null when it is gone.</returns>
    public async Task<HostRecord?> AssignTagsAsync(HostTarget host, string[] tags, ActorContext actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await HostTagsStore.AssignAsync(connection, transaction, host.Id, tags, cancellation))
        {
            return null;
        }

        foreach (var observer in observers)
        {
            await observer.TagsChangedAsync(connection, transaction, host.Site, cancellation);
        }

        await audit.AppendAsync(connection, transaction, Event("host.tag", host, actor) with
        {
            Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["tags"] = string.Join(", ", tags) },
        }, cancellation);
        await transaction.CommitAsync(cancellation);
        return (await HostReadStore.LoadAsync(connection, [host.Id.Value], cancellation)).SingleOrDefault();
    }

    /// <summary>The site removes or bans the host; the directory follows when the site says so.</summary>
    /// <returns>Null once the site has it durably, otherwise why it has not.</returns>
    public async Task<ProblemHttpResult?> RemoveAsync(HostTarget host, bool ban, string reason, ActorContext actor, CancellationToken cancellation)
    {
        var entry = Event(ban ? "host.ban" : "host.remove", host, actor) with { Reason = reason.Length == 0 ? null : reason };
        await AppendAsync(entry, cancellation);
        var problem = await proxy.RemoveAsync(host, ban, actor.Account, reason, cancellation);

        // From here on nobody's leaving keeps the outcome out of the log.
        var outcome = problem?.ProblemDetails.Extensions["code"]?.ToString() ?? "succeeded";
        await AppendAsync(entry with { Operation = entry.Operation + ".outcome", Outcome = outcome }, CancellationToken.None);
        return problem;
    }

    private static AuditEvent Event(string operation, HostTarget host, ActorContext actor) =>
        new(operation, actor.ForAudit()) { Site = host.Site, Hosts = [host.Id] };

    private async Task AppendAsync(AuditEvent entry, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await audit.AppendAsync(connection, transaction, entry, cancellation);
        await transaction.CommitAsync(cancellation);
    }
}

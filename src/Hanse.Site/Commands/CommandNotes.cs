using Hanse.Audit;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>What is told of a command when this site takes it: an entry in the site's own audit log, and of one that was given here (J6) a record for
/// the coordinator's. Always in the caller's transaction, and last: the log stays locked until that ends.</summary>
internal sealed class CommandNotes(IOutbox outbox, IAuditLog audit)
{
    public async Task TakenAsync(NpgsqlTransaction transaction, CommandRow command, IReadOnlyCollection<HostId> targets, CancellationToken cancellation)
    {
        var id = CommandId.From(command.Id);
        if (command.Local)
        {
            var detail = System.Text.Json.JsonSerializer.Serialize(new { commandId = id.ToString(), hosts = targets.Select(t => t.ToString()) });
            await outbox.AppendAsync(
                transaction,
                [new Record
                {
                    Audit = new AuditRecord
                    {
                        OccurredUnixMs = command.CreatedAt.ToUnixTimeMilliseconds(), Operation = "command.issued-at-site",
                        Actor = command.Actor, DetailJson = detail,
                    },
                }],
                cancellation);
        }

        await AppendAsync(transaction, command.Local ? "command.issue" : "command.take", command.Actor, id, targets, command.Reason, cancellation);
    }

    public Task CancelledAsync(
        NpgsqlTransaction transaction, CommandId command, IReadOnlyCollection<HostId> targets, string actor, CancellationToken cancellation) =>
        AppendAsync(transaction, "command.cancel", actor, command, targets, "", cancellation);

    /// <summary>That transaction was committed.</summary>
    public void Wake() => outbox.Wake();

    private Task AppendAsync(
        NpgsqlTransaction transaction, string operation, string actor, CommandId command, IReadOnlyCollection<HostId> targets, string reason,
        CancellationToken cancellation) =>
        audit.AppendAsync(
            transaction.Connection!, transaction,
            new AuditEvent(operation, new AuditActor(actor)) { Command = command, Hosts = [.. targets], Reason = reason.Length > 0 ? reason : null, Outcome = "done" },
            cancellation);
}

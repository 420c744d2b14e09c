using Hanse.Audit;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>Settles an entry of a site's outbox. The wish is in the audit log before the site hears of it (invariant 6), and what the site made of it after.</summary>
internal sealed class OutboxActions(NpgsqlDataSource database, ISiteChannel channel, IAuditLog audit)
{
    /// <returns>Null once the site has it durably.</returns>
    public async Task<SiteFailure?> SettleAsync(SiteRow site, OutboxSettlement wish, AuditActor actor, TimeSpan patience, CancellationToken cancellation)
    {
        var entry = new AuditEvent(wish.Drop ? "outbox.drop" : "outbox.retry", actor)
        {
            Site = site.SiteId, Reason = wish.Reason.Length > 0 ? wish.Reason : null,
            Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["entry"] = wish.Id },
        };
        await audit.AppendAsync(database, entry, cancellation);
        var reply = await channel.RequestAsync<Empty>(site.SiteId, Method.OutboxSettle, wish, patience, cancellation);
        await audit.AppendAsync(database, entry with { Operation = entry.Operation + ".outcome", Outcome = reply.Failure?.Code ?? "succeeded" }, CancellationToken.None);
        return reply.Failure;
    }
}

using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Audit;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>What an operator does to a site that has joined. Each is one transaction with its audit entry (invariant 6); what follows from it
/// on links comes after the commit, and again with the site's next link.</summary>
internal sealed class SiteActions(
    NpgsqlDataSource database, ISites sites, SiteLinks links, DesiredStateDriver desired, IAuditLog audit)
{
    /// <summary>The link stays; nothing is accepted from the site and nothing is sent to it until it is resumed. The site goes on working.</summary>
    public Task<ProblemHttpResult?> SuspendAsync(string name, string reason, ActorContext actor, CancellationToken cancellation) =>
        SetSuspendedAsync(name, suspended: true, reason, actor, cancellation);

    public Task<ProblemHttpResult?> ResumeAsync(string name, ActorContext actor, CancellationToken cancellation) =>
        SetSuspendedAsync(name, suspended: false, "", actor, cancellation);

    private async Task<ProblemHttpResult?> SetSuspendedAsync(string name, bool suspended, string reason, ActorContext actor, CancellationToken cancellation)
    {
        if (await sites.FindAsync(name, cancellation) is not { } site)
        {
            return UnknownSite.Problem();
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var (from, to) = suspended ? (SiteLifecycle.Enrolled, SiteLifecycle.Suspended) : (SiteLifecycle.Suspended, SiteLifecycle.Enrolled);
        if (await sites.ChangeAsync(transaction, site.SiteId, [from], to, reason, cancellation) is null)
        {
            return suspended
                ? Problems.Conflict(ErrorCodes.SiteNotEnrolled, $"{site.Name} is {Of(site)}, so it cannot be suspended.", "site")
                : Problems.Conflict(ErrorCodes.SiteNotSuspended, $"{site.Name} is {Of(site)}, so there is nothing to resume.", "site");
        }

        await audit.AppendAsync(connection, transaction, Event(suspended ? "site.suspend" : "site.resume", site, reason, actor.ForAudit()), cancellation);
        await transaction.CommitAsync(cancellation);
        links.SetSuspended(site.SiteId, suspended);
        desired.Tell(site.SiteId);
        return null;
    }

    private static AuditEvent Event(string operation, SiteRow site, string reason, AuditActor actor) => new(operation, actor)
    {
        Site = site.SiteId, Reason = reason.Length == 0 ? null : reason, Outcome = "done",
        Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = site.Name },
    };

    internal static string Of(SiteRow site) => site.Lifecycle.ToString().ToLowerInvariant();
}

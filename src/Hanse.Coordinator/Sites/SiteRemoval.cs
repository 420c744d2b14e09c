using Hanse.Audit;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>See <see cref="ISiteRemoval"/>. What follows from it on links comes after the commit, and again with the site's next link.</summary>
internal sealed class SiteRemoval(
    NpgsqlDataSource database, ISites sites, SiteLinks links, IEnumerable<ISiteRemovalObserver> observers, IBans bans, IAuditLog audit)
    : ISiteRemoval
{
    public async Task<Error?> RemoveAsync(string name, string reason, AuditActor actor, bool cut, CancellationToken cancellation)
    {
        if (await sites.FindAsync(name, cancellation) is not { } site)
        {
            return LinkErrors.Of(ErrorCodes.SiteNotFound, UnknownSite.Text, "site");
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await sites.ChangeAsync(
            transaction, site.SiteId, [SiteLifecycle.Enrolled, SiteLifecycle.Suspended], SiteLifecycle.Removed, reason, cancellation) is null)
        {
            var hint = site.Lifecycle == SiteLifecycle.Pending ? " `hanse site cancel` takes an invitation back." : "";
            return LinkErrors.Of(ErrorCodes.SiteNotEnrolled, $"{site.Name} is {SiteActions.Of(site)}, so it cannot be removed.{hint}", "site");
        }

        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = site.Name };
        foreach (var observer in observers)
        {
            var (what, count) = await observer.SiteRemovedAsync(transaction, site, cancellation);
            detail[what] = $"{count}";
        }

        await bans.AddSiteAsync(transaction, site.SiteId, actor.Name, reason, cancellation);
        var issued = await bans.IssueAsync(transaction, cancellation);
        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEvent(cut ? "site.remove" : "site.leave", actor)
            {
                Site = site.SiteId, Reason = reason.Length == 0 ? null : reason, Outcome = "done", Detail = detail,
            },
            cancellation);
        await transaction.CommitAsync(cancellation);

        bans.Enforce(issued);
        if (cut)
        {
            await links.CutAsync(site.SiteId, LinkErrors.Of(ErrorCodes.Banned, $"This site was removed from the federation{(reason.Length > 0 ? ": " + reason : ".")}"));
        }

        return null;
    }
}

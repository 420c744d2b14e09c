using System.Globalization;
using Hanse.Audit;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>A comparison that an operator asks for. It is in the audit log before it begins (invariant 6); what it found is an entry of its own.</summary>
internal sealed class ReconcileActions(NpgsqlDataSource database, ISites sites, HostReconciler reconciler, IAuditLog audit)
{
    public async Task<(Reconciliation? Result, ProblemHttpResult? Problem)> RunAsync(string name, ActorContext actor, CancellationToken cancellation)
    {
        if (await sites.FindAsync(name, cancellation) is not { } site)
        {
            return (null, UnknownSite.Problem());
        }

        if (site.Lifecycle is SiteLifecycle.Pending or SiteLifecycle.Removed)
        {
            return (null, Problems.Conflict(
                ErrorCodes.SiteNotEnrolled, $"{site.Name} is {site.Lifecycle.ToString().ToLowerInvariant()}, so there is nothing to compare.", "site"));
        }

        var entry = new AuditEvent("site.reconcile", actor.ForAudit()) { Site = site.SiteId };
        await audit.AppendAsync(database, entry, cancellation);
        var result = await reconciler.RunAsync(site, cancellation);

        // From here on nobody's leaving keeps the outcome out of the log.
        await audit.AppendAsync(
            database,
            entry with
            {
                Operation = "site.reconcile.outcome", Outcome = result.ErrorCode ?? "done",
                Detail = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["missing"] = Text(result.Missing), ["differing"] = Text(result.Differing), ["ghosts"] = Text(result.Ghosts),
                },
            },
            CancellationToken.None);
        return result.ErrorCode is null ? (result, null) : (null, Problem(site, result));
    }

    private static ProblemHttpResult Problem(SiteRow site, Reconciliation result) => result.ErrorCode switch
    {
        ErrorCodes.SiteOffline => Problems.Unavailable(
            ErrorCodes.SiteOffline, $"Site {site.Name} is not connected, so it was not compared. Try again once `hanse site show {site.Name}` says online."),
        ErrorCodes.SiteSuspended => Problems.Conflict(
            ErrorCodes.SiteSuspended, $"Site {site.Name} is suspended, so it was not compared. `hanse site resume {site.Name}` ends that.", "site"),
        ErrorCodes.SiteTimeout => Problems.TimedOut(ErrorCodes.SiteTimeout, $"Site {site.Name} did not answer in time. Try again; a repetition does no harm."),
        _ => Problems.SiteRefused(result.ErrorCode!, $"Site {site.Name}: {result.Error}"),
    };

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);
}

using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Sites;

/// <summary>The site registry over HTTP.</summary>
internal static class SiteEndpoints
{
    private const int ReasonLimit = 1_000;

    public static void MapSites(this RouteGroupBuilder api)
    {
        api.MapGet("/sites", ListAsync).WithTags("Sites").WithName("ListSites").WithSummary("Sites that are not removed, by name")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/sites/{site}", GetAsync).WithTags("Sites").WithName("GetSite").WithSummary("One site by id or name")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/sites/{site}/suspend", SuspendAsync).WithTags("Sites").WithName("SuspendSite")
            .WithSummary("Accept nothing from a site and send it nothing; its link stays").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/sites/{site}/resume", ResumeAsync).WithTags("Sites").WithName("ResumeSite").WithSummary("End a suspension")
            .RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/sites/{site}/remove", RemoveAsync).WithTags("Sites").WithName("RemoveSite")
            .WithSummary("Take a site out for good: its key is revoked, its hosts leave the directory").RequireAuthorization(AccessPolicies.Administrator);
        api.MapGet("/status", StatusAsync).WithTags("Status").WithName("GetStatus").WithSummary("How the federation stands")
            .RequireAuthorization(AccessPolicies.Viewer);
    }

    private static async Task<Ok<Page<SiteView>>> ListAsync(ISites sites, SiteLinks links, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<SiteView>([.. (await sites.ListAsync(cancellation)).Select(s => SiteView.Of(s, links))], null));

    private static async Task<Results<Ok<SiteView>, ProblemHttpResult>> GetAsync(
        string site, ISites sites, SiteLinks links, IReconciliations reconciliations, CancellationToken cancellation) =>
        await sites.FindAsync(site, cancellation) is { } row
            ? TypedResults.Ok(SiteView.Of(row, links) with { Reconciliation = await reconciliations.LastAsync(row, cancellation) })
            : UnknownSite.Problem();

    private static async Task<Results<NoContent, ProblemHttpResult>> SuspendAsync(
        string site, SiteReasonRequest request, ActorContext actor, SiteActions actions, CancellationToken cancellation) =>
        Wrong(request) ?? Done(await actions.SuspendAsync(site, request.Reason, actor, cancellation));

    private static async Task<Results<NoContent, ProblemHttpResult>> ResumeAsync(
        string site, ActorContext actor, SiteActions actions, CancellationToken cancellation) =>
        Done(await actions.ResumeAsync(site, actor, cancellation));

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string site, SiteReasonRequest request, ActorContext actor, ISiteRemoval removal, CancellationToken cancellation) =>
        Wrong(request) ?? Done(await removal.RemoveAsync(site, request.Reason, actor.ForAudit(), cut: true, cancellation) switch
        {
            null => null,
            { Code: ErrorCodes.SiteNotFound } => UnknownSite.Problem(),
            var refused => Problems.Conflict(refused.Code, refused.Message, refused.Field),
        });

    private static Results<NoContent, ProblemHttpResult> Done(ProblemHttpResult? problem) => problem is null ? TypedResults.NoContent() : problem;

    private static ProblemHttpResult? Wrong(SiteReasonRequest request) => request.Reason.Length > ReasonLimit || request.Reason.Any(char.IsControl)
        ? Problems.Invalid(ErrorCodes.RequestInvalid, "reason", $"reason is one line of at most {ReasonLimit} characters.")
        : null;

    private static async Task<Ok<StatusView>> StatusAsync(
        ISites sites, SiteLinks links, Enrollment.Api.IFederation federation, Enrollment.Api.ITrustHealth trust, AuditStandings audit,
        CancellationToken cancellation)
    {
        var rows = await sites.ListAsync(cancellation);
        var names = rows.ToDictionary(r => NodeIdentity.ForSite(federation.Id, r.SiteId).ToString(), r => $"site {r.Name}");
        var problems = (await audit.ReadAsync(cancellation)).Problems(identity => names.GetValueOrDefault(identity, identity));
        var troubles = await trust.TroublesAsync(cancellation);
        return TypedResults.Ok(new StatusView(
            "coordinator", CoordinatorModule.Version, federation.Id, rows.Count, rows.Count(r => links.IsConnected(r.SiteId)),
            rows.Sum(r => r.HostCount), rows.Where(r => links.IsConnected(r.SiteId)).Sum(r => r.OnlineCount), rows.Sum(r => r.QueueDepth),
            federation.RootPins, problems.Count == 0, problems, troubles.Count == 0, troubles));
    }
}

/// <summary>A site as the API shows it.</summary>
internal sealed record SiteView(
    SiteId Id, string Name, string Status, string Link, long HostCount, long OnlineCount, long QueueDepth, IReadOnlyList<string> ExternalNames,
    IReadOnlyList<string> Addresses, string? Location, double? Latitude, double? Longitude, DateTimeOffset? LastSeen, string? Version,
    DateTimeOffset CreatedAt, DateTimeOffset? EnrolledAt, DateTimeOffset? IntermediateExpires, TimeSpan SyncInterval, string? StatusReason,
    DateTimeOffset? StatusChangedAt, IReadOnlyList<QueueView> Queues, TimeSpan? ReplayEstimate, LinkErrorView? LastError)
{
    /// <summary>The last comparison of the directory with the site; null in a list, and before the first.</summary>
    public Reconciliation? Reconciliation { get; init; }

    public static SiteView Of(SiteRow row, SiteLinks links) => new(
        row.SiteId, row.Name, row.Lifecycle.ToString().ToLowerInvariant(), links.Health(row.SiteId), row.HostCount, row.OnlineCount, row.QueueDepth,
        row.ExternalNames, row.Addresses, row.Location, row.Latitude, row.Longitude, row.LastSyncAt, row.SoftwareVersion, row.CreatedAt,
        row.EnrolledAt, row.IntermediateExpiresAt, TimeSpan.FromMilliseconds(row.SyncMs), row.StatusReason.Length == 0 ? null : row.StatusReason,
        row.StatusChangedAt, QueueText.Read(row.Queues), row.ReplayMs > 0 ? TimeSpan.FromMilliseconds(row.ReplayMs) : null,
        row.LastErrorAt is { } at ? new LinkErrorView(row.LastErrorCode ?? "", row.LastErrorMessage ?? "", at) : null);
}

/// <summary>Why; it goes into the audit log, and the site is told.</summary>
internal sealed record SiteReasonRequest(string Reason = "");

/// <summary>The federation in numbers.</summary>
internal sealed record StatusView(
    string Role, string Version, FederationId Federation, int Sites, int SitesOnline, long HostCount, long OnlineCount, long QueueDepth,
    IReadOnlyList<string> RootPins, bool AuditOk, IReadOnlyList<string> AuditProblems, bool TrustOk, IReadOnlyList<string> TrustProblems);

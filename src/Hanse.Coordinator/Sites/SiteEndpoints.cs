using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
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
    public static void MapSites(this RouteGroupBuilder api)
    {
        api.MapGet("/sites", ListAsync).WithTags("Sites").WithName("ListSites").WithSummary("Sites that are not removed, by name")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/sites/{site}", GetAsync).WithTags("Sites").WithName("GetSite").WithSummary("One site by id or name")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/status", StatusAsync).WithTags("Status").WithName("GetStatus").WithSummary("How the federation stands")
            .RequireAuthorization(AccessPolicies.Viewer);
    }

    private static async Task<Ok<Page<SiteView>>> ListAsync(ISites sites, SiteLinks links, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<SiteView>([.. (await sites.ListAsync(cancellation)).Select(s => SiteView.Of(s, links))], null));

    private static async Task<Results<Ok<SiteView>, ProblemHttpResult>> GetAsync(
        string site, ISites sites, SiteLinks links, CancellationToken cancellation) =>
        await sites.FindAsync(site, cancellation) is { } row
            ? TypedResults.Ok(SiteView.Of(row, links))
            : Problems.NotFound(ErrorCodes.SiteNotFound, "There is no site of this id or name. `hanse site list` shows them.", "site");

    private static async Task<Ok<StatusView>> StatusAsync(
        ISites sites, SiteLinks links, Enrollment.Api.IFederation federation, CancellationToken cancellation)
    {
        var rows = await sites.ListAsync(cancellation);
        return TypedResults.Ok(new StatusView(
            "coordinator", CoordinatorModule.Version, federation.Id, rows.Count, rows.Count(r => links.IsConnected(r.SiteId)),
            rows.Sum(r => r.HostCount), rows.Where(r => links.IsConnected(r.SiteId)).Sum(r => r.OnlineCount), rows.Sum(r => r.QueueDepth),
            federation.RootPins));
    }
}

/// <summary>A site as the API shows it.</summary>
internal sealed record SiteView(
    SiteId Id, string Name, string Status, string Link, long HostCount, long OnlineCount, long QueueDepth, IReadOnlyList<string> ExternalNames,
    IReadOnlyList<string> Addresses, string? Location, double? Latitude, double? Longitude, DateTimeOffset? LastSeen, string? Version,
    DateTimeOffset CreatedAt, DateTimeOffset? EnrolledAt, DateTimeOffset? IntermediateExpires)
{
    public static SiteView Of(SiteRow row, SiteLinks links) => new(
        row.SiteId, row.Name, row.Lifecycle.ToString().ToLowerInvariant(), links.Health(row.SiteId), row.HostCount, row.OnlineCount, row.QueueDepth,
        row.ExternalNames, row.Addresses, row.Location, row.Latitude, row.Longitude, row.LastSyncAt, row.SoftwareVersion, row.CreatedAt,
        row.EnrolledAt, row.IntermediateExpiresAt);
}

/// <summary>The federation in numbers.</summary>
internal sealed record StatusView(
    string Role, string Version, FederationId Federation, int Sites, int SitesOnline, long HostCount, long OnlineCount, long QueueDepth,
    IReadOnlyList<string> RootPins);

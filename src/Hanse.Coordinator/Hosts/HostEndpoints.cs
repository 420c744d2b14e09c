using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Hosts.Reconciling;
using Hanse.Coordinator.Hosts.Search;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>The host directory over HTTP. <c>{host}</c> is an id or a whole hostname; a hostname that several hosts have is answered
/// with 409 and their ids.</summary>
internal static class HostEndpoints
{
    public static void MapHosts(this RouteGroupBuilder api)
    {
        api.MapReconcile();
        api.MapHostMetrics();
        var hosts = api.MapGroup("/hosts").WithTags("Hosts");
        hosts.MapGet("", SearchAsync).WithName("SearchHosts").WithSummary("Hosts of all sites, connected or not").RequireAuthorization(AccessPolicies.Viewer);
        hosts.MapGet("/conflicts", ConflictsAsync).WithName("ListHostConflicts").WithSummary("Hosts that one site reports and another owns")
            .RequireAuthorization(AccessPolicies.Viewer);
        hosts.MapGet("/{host}", GetAsync).WithName("GetHost").WithSummary("One host").RequireAuthorization(AccessPolicies.Viewer);
        hosts.MapGet("/{host}/sections", SectionsAsync).WithName("ListHostSections").WithSummary("What its site knows about a host, by section")
            .RequireAuthorization(AccessPolicies.Viewer);
        hosts.MapGet("/{host}/sections/{name}", SectionAsync).WithName("GetHostSection").WithSummary("One section as its site holds it")
            .Produces<object>().RequireAuthorization(AccessPolicies.Viewer);
        hosts.MapPost("/{host}/refresh", RefreshAsync).WithName("RefreshHost").WithSummary("Have a host tell its inventory now, in full: all sections, or those named")
            .RequireAuthorization(AccessPolicies.Administrator);
        hosts.MapPut("/{host}/tags", TagsAsync).WithName("SetHostTags").WithSummary("Replace the tags set at the coordinator")
            .RequireAuthorization(AccessPolicies.Administrator);
        hosts.MapDelete("/{host}", RemoveAsync).WithName("RemoveHost").WithSummary("Remove a host at its site and from the directory")
            .RequireAuthorization(AccessPolicies.Administrator);
        hosts.MapPost("/{host}/ban", BanAsync).WithName("BanHost").WithSummary("Revoke a host's certificate for good")
            .RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Results<Ok<HostPage>, ProblemHttpResult>> SearchAsync(
        [AsParameters] HostFilter filter, HostSearch search, CancellationToken cancellation) =>
        filter.ToQuery(out var problem) is { } query ? TypedResults.Ok(await search.SearchAsync(query, cancellation)) : problem!;

    private static async Task<Ok<Page<HostConflict>>> ConflictsAsync(NpgsqlDataSource database, int? limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return TypedResults.Ok(new Page<HostConflict>(await HostConflictReadStore.ListAsync(connection, Math.Clamp(limit ?? 1000, 1, 1000), cancellation), null));
    }

    private static async Task<Results<Ok<HostRecord>, ProblemHttpResult>> GetAsync(
        string host, IHostLookup lookup, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var (target, problem) = await FindAsync(host, lookup, cancellation);
        if (target is null)
        {
            return problem!;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await HostReadStore.LoadAsync(connection, [target.Id.Value], cancellation);
        return rows.Count == 1 ? TypedResults.Ok(rows[0]) : Unknown(host);
    }

    private static async Task<Results<Ok<IReadOnlyList<HostSection>>, ProblemHttpResult>> SectionsAsync(
        string host, IHostLookup lookup, HostDetailProxy proxy, CancellationToken cancellation)
    {
        var (target, problem) = await FindAsync(host, lookup, cancellation);
        (var detail, problem) = target is null ? (null, problem) : await proxy.DetailAsync(target, "", cancellation);
        return detail is null ? problem! : TypedResults.Ok<IReadOnlyList<HostSection>>([.. detail.Sections.Select(s => new HostSection(
            s.Name, Convert.ToHexStringLower(s.Hash.Span), DateTimeOffset.FromUnixTimeMilliseconds(s.CollectedUnixMs), s.Size, s.Error.Length == 0 ? null : s.Error))]);
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> SectionAsync(
        string host, string name, IHostLookup lookup, HostDetailProxy proxy, CancellationToken cancellation)
    {
        var (target, problem) = await FindAsync(host, lookup, cancellation);
        (var detail, problem) = target is null ? (null, problem) : await proxy.DetailAsync(target, name, cancellation);
        if (detail is null)
        {
            return problem!;
        }

        return detail.Body.Length > 0
            ? TypedResults.Bytes(detail.Body.ToByteArray(), "application/json")
            : Problems.NotFound(ErrorCodes.SectionNotFound, detail.Error.Length > 0
                ? $"Section {name} of {target!.Hostname} could not be collected: {detail.Error}"
                : $"Host {target!.Hostname} has no section of that name. GET …/sections lists those it has.");
    }

    private static async Task<Results<Ok<HostRecord>, ProblemHttpResult>> TagsAsync(
        string host, HostTagsRequest request, IHostLookup lookup, HostActions actions, ActorContext actor, CancellationToken cancellation)
    {
        if (HostText.TagsProblem(request.Tags) is { } wrong)
        {
            return Problems.Invalid(ErrorCodes.TagsInvalid, "tags", $"tags {wrong}.");
        }

        var (target, problem) = await FindAsync(host, lookup, cancellation);
        return target is null ? problem! : await actions.AssignTagsAsync(target, HostContent.SortTags(request.Tags), actor, cancellation) is { } row
            ? TypedResults.Ok(row)
            : Unknown(host);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RefreshAsync(
        string host, [FromQuery] string[]? section, IHostLookup lookup, HostDetailProxy proxy, CancellationToken cancellation)
    {
        var (target, problem) = await FindAsync(host, lookup, cancellation);
        problem = target is null ? problem : await proxy.RefreshAsync(target, section ?? [], cancellation);
        return problem is null ? TypedResults.NoContent() : problem;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string host, IHostLookup lookup, HostActions actions, ActorContext actor, CancellationToken cancellation)
    {
        var (target, problem) = await FindAsync(host, lookup, cancellation);
        problem = target is null ? problem : await actions.RemoveAsync(target, ban: false, reason: "", actor, cancellation);
        return problem is null ? TypedResults.NoContent() : problem;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> BanAsync(
        string host, HostBanRequest request, IHostLookup lookup, HostActions actions, ActorContext actor, CancellationToken cancellation)
    {
        if (HostText.Problem(request.Reason, limit: 1_000, required: true) is { } wrong)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "reason", $"reason {wrong}.");
        }

        var (target, problem) = await FindAsync(host, lookup, cancellation);
        problem = target is null ? problem : await actions.RemoveAsync(target, ban: true, request.Reason, actor, cancellation);
        return problem is null ? TypedResults.NoContent() : problem;
    }

    internal static async Task<(HostTarget? Target, ProblemHttpResult? Problem)> FindAsync(string host, IHostLookup lookup, CancellationToken cancellation)
    {
        var match = (await lookup.ResolveAsync([host], cancellation))[0];
        return match.Targets.Count switch
        {
            1 => (match.Single, null),
            0 => (null, Unknown(host)),
            _ => (null, Problems.Conflict(ErrorCodes.HostAmbiguous,
                $"Several hosts are called {host}. Name one by its id: {string.Join(", ", match.Targets.Select(t => $"{t.Id} (site {t.SiteName})"))}.", "host")),
        };
    }

    private static ProblemHttpResult Unknown(string host) => Problems.NotFound(
        ErrorCodes.HostNotFound, $"No host has the id or hostname {(host.Length > 64 ? host[..64] + "…" : host)}. `hanse host search` finds hosts by a part of their name.");
}

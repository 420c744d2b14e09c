using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Site.Agents.Api;
using Hanse.Site.Inventory.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Site.Api;

/// <summary>The API of a site's Unix socket (J6), a part of the coordinator's under the same paths and names. Whoever can open the
/// socket is administrator; nothing of this is served on the network.</summary>
internal static class SiteEndpoints
{
    /// <summary>The role that the socket gives its user.</summary>
    public const string Administrator = "administrator";

    /// <summary>The group that every slice maps on: closed to all but the socket.</summary>
    public static RouteGroupBuilder Group(IEndpointRouteBuilder endpoints) => endpoints.MapGroup("/api/v1").AddEndpointFilter(OnlyLocalAsync);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/hosts", ListHostsAsync);
        api.MapGet("/hosts/{host}", ShowHostAsync);
        api.MapGet("/hosts/{host}/sections", SectionsAsync);
        api.MapGet("/hosts/{host}/sections/{section}", SectionAsync);
        api.MapPost("/hosts/{host}/refresh", RefreshAsync);
        api.MapDelete("/hosts/{host}", (string host, IHosts hosts, HttpContext context) => RemoveAsync(host, false, "removed at the site", hosts, context));
        api.MapPost("/hosts/{host}/ban", (string host, BanRequest request, IHosts hosts, HttpContext context) =>
            RemoveAsync(host, true, request.Reason ?? "", hosts, context));
    }

    public static IResult Problem(int status, string code, string detail, string? field = null) => Results.Problem(
        detail, statusCode: status, title: code, type: $"urn:hanse:problem:{code}",
        extensions: field is null ? new Dictionary<string, object?> { ["code"] = code } : new Dictionary<string, object?> { ["code"] = code, ["field"] = field });

    private static ValueTask<object?> OnlyLocalAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.User.IsInRole(Administrator)
            ? next(context)
            : ValueTask.FromResult<object?>(Problem(403, ErrorCodes.Forbidden, "A site's API is served on its Unix socket only; on the network ask the coordinator."));

    private static async Task<IResult> ListHostsAsync(IHosts hosts, Hanse.Site.Enrollment.Api.ISiteIdentity identity, string? q, int? limit, CancellationToken cancellation)
    {
        var rows = await hosts.ListAsync(q, Math.Clamp(limit ?? 100, 1, 1000), cancellation);
        var site = identity.Self?.Name ?? "";
        return Results.Ok(new { items = rows.Select(r => SiteViews.Host(r, site)), next = (string?)null });
    }

    private static Task<IResult> ShowHostAsync(string host, IHosts hosts, Hanse.Site.Enrollment.Api.ISiteIdentity identity, CancellationToken cancellation) =>
        WithHostAsync(host, hosts, row => Task.FromResult(Results.Ok(SiteViews.Host(row, identity.Self?.Name ?? ""))), cancellation);

    private static Task<IResult> SectionsAsync(string host, IHosts hosts, IInventory inventory, CancellationToken cancellation) =>
        WithHostAsync(host, hosts, async row =>
        {
            var detail = await inventory.ReadAsync(new HostId(row.Id), "", cancellation);
            return Results.Ok(detail?.Sections.Select(s => new
            {
                name = s.Name, hash = Convert.ToHexStringLower(s.Hash.Span), collectedAt = DateTimeOffset.FromUnixTimeMilliseconds(s.CollectedUnixMs),
                size = s.Size, error = s.Error.Length > 0 ? s.Error : null,
            }));
        }, cancellation);

    private static Task<IResult> SectionAsync(string host, string section, IHosts hosts, IInventory inventory, CancellationToken cancellation) =>
        WithHostAsync(host, hosts, async row => await inventory.ReadAsync(new HostId(row.Id), section, cancellation) switch
        {
            { Body.Length: > 0 } detail => Results.Bytes(detail.Body.ToByteArray(), "application/json"),
            { Error.Length: > 0 } detail => Problem(404, ErrorCodes.SectionNotFound, $"Section {section} of {row.Hostname} could not be collected: {detail.Error}", "section"),
            _ => Problem(404, ErrorCodes.SectionNotFound, $"Host {row.Hostname} has no section of that name. GET …/sections lists those it has.", "section"),
        }, cancellation);

    private static Task<IResult> RefreshAsync(string host, [FromQuery] string[]? section, IHosts hosts, IInventoryRefresh refresh, CancellationToken cancellation) =>
        WithHostAsync(host, hosts, async row => await refresh.AskAsync(new HostId(row.Id), section ?? [], cancellation) is { } fault
            ? Problem(fault.Code == ErrorCodes.HostOffline ? 503 : 404, fault.Code, fault.Message)
            : Results.NoContent(), cancellation);

    private static Task<IResult> RemoveAsync(string host, bool ban, string reason, IHosts hosts, HttpContext context) =>
        WithHostAsync(host, hosts, async row =>
        {
            await hosts.RemoveAsync(new HostId(row.Id), ban, context.User.Identity!.Name!, reason, context.RequestAborted);
            return Results.NoContent();
        }, context.RequestAborted);

    private static async Task<IResult> WithHostAsync(string idOrName, IHosts hosts, Func<HostRow, Task<IResult>> then, CancellationToken cancellation)
    {
        var rows = await hosts.FindAsync([idOrName], cancellation);
        return rows.Count switch
        {
            0 => Problem(404, ErrorCodes.HostNotFound, "No host of this site has this id or name. List them with: hanse host search", "host"),
            1 => await then(rows[0]),
            _ => Problem(409, ErrorCodes.HostAmbiguous, $"Several hosts bear this name; use an id: {string.Join(", ", rows.Take(10).Select(r => IdText.Format(r.Id)))}.", "host"),
        };
    }

    private sealed record BanRequest(string? Reason);
}

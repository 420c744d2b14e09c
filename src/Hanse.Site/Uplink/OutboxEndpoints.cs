using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Api;
using Hanse.Site.Enrollment.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Site.Uplink;

/// <summary>The outbox at the site's socket (J6), in the shapes of the coordinator's API under /sites/{site}/outbox.</summary>
internal static class OutboxEndpoints
{
    private const int ReasonLimit = 1_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/outbox", ListAsync);
        api.MapGet("/outbox/{id}", ShowAsync);
        api.MapPost("/outbox/{id}/retry", (string id, SettleRequest request, OutboxDeskStore desk, HttpContext context) => SettleAsync(id, false, request, desk, context));
        api.MapPost("/outbox/{id}/drop", (string id, SettleRequest request, OutboxDeskStore desk, HttpContext context) => SettleAsync(id, true, request, desk, context));
    }

    private static async Task<IResult> ListAsync(
        OutboxReadStore store, ISiteIdentity identity, string? status, string? cursor, int? limit, CancellationToken cancellation)
    {
        if (status is not (null or "" or OutboxReadStore.SetAside or OutboxReadStore.Waiting))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "status is set-aside or waiting.", "status");
        }

        try
        {
            var page = await store.ListAsync(status ?? "", cursor ?? "", Math.Clamp(limit ?? 100, 1, 1000), cancellation);
            var site = identity.Self?.Name ?? "";
            return Results.Ok(new { items = page.Entries.Select(e => View(e, site)), next = page.More ? page.Entries[^1].Id : null });
        }
        catch (FormatException none)
        {
            return SiteEndpoints.Problem(400, ErrorCodes.CursorInvalid, none.Message, "cursor");
        }
    }

    private static async Task<IResult> ShowAsync(string id, OutboxReadStore store, ISiteIdentity identity, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) is { } found
            ? Results.Ok(new { entry = View(found.Entry, identity.Self?.Name ?? ""), content = System.Text.Json.Nodes.JsonNode.Parse(found.Json) })
            : SiteEndpoints.Problem(404, ErrorCodes.OutboxEntryNotFound, "The outbox has no entry of this id; it may have been taken or settled meanwhile.", "id");

    private static async Task<IResult> SettleAsync(string id, bool drop, SettleRequest request, OutboxDeskStore desk, HttpContext context)
    {
        var reason = request.Reason ?? "";
        if (reason.Length > ReasonLimit || reason.Any(char.IsControl))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, $"reason is one line of at most {ReasonLimit} characters.", "reason");
        }

        var wish = new OutboxSettlement { Id = id, Drop = drop, Actor = context.User.Identity!.Name!, Reason = reason };
        return await desk.SettleAsync(wish, context.RequestAborted) switch
        {
            null => Results.NoContent(),
            { Code: ErrorCodes.OutboxEntryNotFound } none => SiteEndpoints.Problem(404, none.Code, none.Message, "id"),
            var refused => SiteEndpoints.Problem(409, refused.Code, refused.Message, "id"),
        };
    }

    private static object View(OutboxEntry entry, string site) => new
    {
        id = entry.Id, site, @class = entry.Class.ToString().ToLowerInvariant(), status = entry.Status, kind = entry.Kind, subject = entry.Subject,
        createdAt = DateTimeOffset.FromUnixTimeMilliseconds(entry.CreatedUnixMs), sequence = entry.Sequence == 0 ? (ulong?)null : entry.Sequence,
        code = entry.Code.Length > 0 ? entry.Code : null, message = entry.Message.Length > 0 ? entry.Message : null, size = entry.Size,
    };

    private sealed record SettleRequest(string? Reason = null);
}

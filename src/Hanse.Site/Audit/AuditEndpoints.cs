using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Audit.Witnessing;
using Hanse.Protocol.Errors;
using Hanse.Site.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Site.Audit;

/// <summary>The site's own audit log at its socket: the coordinator's paths and shapes.</summary>
internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/audit", ListAsync);
        api.MapGet("/audit/{seq:long}", async (long seq, AuditStore store, CancellationToken cancellation) =>
            await store.FindAsync(seq, cancellation) is { } row ? Results.Ok(AuditEntryDetailView.Of(row)) : NoEntry(seq));
        api.MapGet("/audit/{seq:long}/proof", async (long seq, AuditProofs proofs, CancellationToken cancellation) =>
            await proofs.ProveAsync(seq, cancellation) is { } proof ? Results.Ok(proof) : NoEntry(seq));
        api.MapGet("/audit/checkpoints", async (int? limit, CheckpointStore checkpoints, CancellationToken cancellation) => Results.Ok(new
        {
            items = (await checkpoints.ListAsync(null, Math.Clamp(limit ?? 100, 1, 1000), cancellation)).Select(c => CheckpointView.Of(c.Signed)), next = (string?)null,
        }));
        api.MapGet("/audit/standing", async (AuditStandings standings, CancellationToken cancellation) => Results.Ok(await standings.ReadAsync(cancellation)));
        api.MapGet("/audit/export", Export);
        api.MapPost("/audit/verify", async (AuditCheck check, AuditUplink uplink, CancellationToken cancellation) =>
        {
            await uplink.RoundAsync(cancellation);
            return Results.Ok(await check.RunAsync(_ => "the coordinator", cancellation));
        });
    }

    private static async Task<IResult> ListAsync([AsParameters] AuditFilter filter, AuditStore store, CancellationToken cancellation)
    {
        if (filter.ToQuery(out var fault) is not { } query)
        {
            return SiteEndpoints.Problem(400, fault!.Code, fault.Message, fault.Field);
        }

        var rows = await store.ListAsync(query with { Limit = query.Limit + 1 }, cancellation);
        var page = rows.Take(query.Limit).ToList();
        var next = rows.Count > page.Count ? AuditFilter.CursorOf(page[^1].Log, page[^1].Row.Facts.Seq) : null;
        return Results.Ok(new { items = page.Select(row => AuditEntryView.Of(row.Row)), next });
    }

    private static IResult Export(string? format, [AsParameters] AuditFilter filter, AuditExport export, AuditCsv csv, CancellationToken cancellation)
    {
        if (filter.ToQuery(out var fault) is not { } query)
        {
            return SiteEndpoints.Problem(400, fault!.Code, fault.Message, fault.Field);
        }

        return format switch
        {
            null or "jsonl" => Results.Stream(stream => export.WriteAsync(filter.Narrows ? query : null, stream, cancellation), "application/jsonl"),
            "csv" => Results.Stream(stream => csv.WriteAsync(query, stream, cancellation), "text/csv"),
            _ => SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "format is jsonl or csv.", "format"),
        };
    }

    private static IResult NoEntry(long seq) => SiteEndpoints.Problem(
        404, ErrorCodes.AuditEntryNotFound, $"The log has no entry {seq}, or the site has not joined and cannot sign. `hanse audit list` shows what it has.");
}

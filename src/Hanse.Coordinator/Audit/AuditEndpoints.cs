using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Audit;

/// <summary>The audit log over HTTP: reading, proving, exporting. Nothing writes it here.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this RouteGroupBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit");
        audit.MapGet("", ListAsync).WithName("ListAudit").WithSummary("Entries of the audit log, newest first")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapGet("/{seq:long}", GetAsync).WithName("GetAuditEntry").WithSummary("One entry with its hosts and the exact bytes that were hashed")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapGet("/{seq:long}/proof", ProveAsync).WithName("ProveAuditEntry")
            .WithSummary("A file that shows one entry to anybody who has the federation's root certificates").RequireAuthorization(AccessPolicies.Viewer);
        audit.MapGet("/checkpoints", CheckpointsAsync).WithName("ListAuditCheckpoints").WithSummary("Signed checkpoints with their cosignatures, newest first")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapGet("/standing", StandingAsync).WithName("GetAuditStanding")
            .WithSummary("Who cosigns this log, what is held of the sites' logs, and where one of them did not go on").RequireAuthorization(AccessPolicies.Viewer);
        audit.MapGet("/export", ExportAsync).WithName("ExportAudit").WithSummary("The log as JSON lines that can be checked offline, or as CSV")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapPost("/verify", VerifyAsync).WithName("VerifyAudit").WithSummary("Recompute every hash, compare every column, and ask every connected site")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapPost("/recover", RecoverAsync).WithName("RecoverAudit")
            .WithSummary("After a loss: end the log and begin another that says what is lost. Only by an administrator with an account").RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Results<Ok<Page<AuditEntryView>>, ProblemHttpResult>> ListAsync(
        [AsParameters] AuditFilter filter, AuditStore store, CancellationToken cancellation)
    {
        if (filter.ToQuery(out var fault) is not { } query)
        {
            return Problems.Invalid(fault!.Code, fault.Field, fault.Message);
        }

        // One more than asked for tells whether there is a next page.
        var rows = await store.ListAsync(query with { Limit = query.Limit + 1 }, cancellation);
        var page = rows.Take(query.Limit).ToArray();
        var next = rows.Count > page.Length ? AuditFilter.CursorOf(page[^1].Log, page[^1].Row.Facts.Seq) : null;
        return TypedResults.Ok(new Page<AuditEntryView>([.. page.Select(row => AuditEntryView.Of(row.Row))], next));
    }

    private static async Task<Results<Ok<AuditEntryDetailView>, ProblemHttpResult>> GetAsync(long seq, AuditStore store, CancellationToken cancellation) =>
        await store.FindAsync(seq, cancellation) is { } row ? TypedResults.Ok(AuditEntryDetailView.Of(row)) : NoEntry(seq);

    private static async Task<Results<Ok<AuditProof>, ProblemHttpResult>> ProveAsync(long seq, AuditProofs proofs, CancellationToken cancellation) =>
        await proofs.ProveAsync(seq, cancellation) is { } proof ? TypedResults.Ok(proof) : NoEntry(seq);

    private static async Task<Ok<Page<CheckpointView>>> CheckpointsAsync(int? limit, CheckpointStore checkpoints, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<CheckpointView>(
            [.. (await checkpoints.ListAsync(null, Math.Clamp(limit ?? 100, 1, 1000), cancellation)).Select(c => CheckpointView.Of(c.Signed))], null));

    private static async Task<Ok<AuditStanding>> StandingAsync(AuditStandings standings, CancellationToken cancellation) =>
        TypedResults.Ok(await standings.ReadAsync(cancellation));

    private static Results<PushStreamHttpResult, ProblemHttpResult> ExportAsync(
        string? format, [AsParameters] AuditFilter filter, AuditExport export, AuditCsv csv, CancellationToken cancellation)
    {
        if (filter.ToQuery(out var fault) is not { } query)
        {
            return Problems.Invalid(fault!.Code, fault.Field, fault.Message);
        }

        return format switch
        {
            null or "jsonl" => TypedResults.Stream(stream => export.WriteAsync(filter.Narrows ? query : null, stream, cancellation), "application/jsonl"),
            "csv" => TypedResults.Stream(stream => csv.WriteAsync(query, stream, cancellation), "text/csv"),
            _ => Problems.Invalid(ErrorCodes.RequestInvalid, "format", "format is jsonl or csv."),
        };
    }

    private static async Task<Ok<AuditCheckView>> VerifyAsync(
        AuditCheck check, CheckpointDriver checkpoints, AuditNames names, CancellationToken cancellation)
    {
        await checkpoints.RoundAsync(cancellation);
        return TypedResults.Ok(await check.RunAsync(await names.ReadAsync(cancellation), cancellation));
    }

    private static async Task<Results<Ok<AuditRecovered>, ProblemHttpResult>> RecoverAsync(
        AuditRecoverRequest request, ActorContext actor, AuditRecovery recovery, SiteLogRecovery ofSite, ISites sites, CheckpointDriver checkpoints,
        CancellationToken cancellation)
    {
        if (request.Reason.Length is 0 or > 1000 || request.Reason.Any(char.IsControl))
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "reason", "reason is one line of at most 1000 characters: what happened.");
        }

        if (actor.AccountId is null)
        {
            return Problems.Forbidden(ErrorCodes.Forbidden, "A new log is begun by somebody with a name (A4), not through the socket. Log in: hanse login");
        }

        if (request.Site is { } site)
        {
            if (await sites.FindAsync(site, cancellation) is not { } row)
            {
                return UnknownSite.Problem();
            }

            var (recovered, problem) = await ofSite.RecoverAsync(row, actor.ForAudit(), request.Reason, cancellation);
            return problem is null ? TypedResults.Ok(recovered) : problem;
        }

        var result = await recovery.RecoverAsync(actor.ForAudit(), request.Reason, cancellation);
        if (result.Recovered is null)
        {
            return Nothing(result);
        }

        await checkpoints.RoundAsync(cancellation);
        return TypedResults.Ok(result.Recovered);
    }

    /// <summary>Silence is no proof that all is well.</summary>
    private static ProblemHttpResult Nothing(AuditRecovery.Result result) => (result.Asked, result.Silent) switch
    {
        (0, { Count: > 0 }) => Problems.Unavailable(
            ErrorCodes.SiteOffline, $"No site answered ({string.Join(", ", result.Silent)}), so what they hold is not known. Nothing was done; try again when `hanse site list` shows them online."),
        (_, { Count: > 0 }) => Problems.Conflict(
            ErrorCodes.AuditSound, $"No site that answered holds anything that this log does not go on from, so there is nothing to recover. Not asked, because offline: {string.Join(", ", result.Silent)}."),
        _ => Problems.Conflict(
            ErrorCodes.AuditSound, "No site holds anything that this log does not go on from, so there is nothing to recover. `hanse audit witnesses` shows what they hold."),
    };

    private static ProblemHttpResult NoEntry(long seq) =>
        Problems.NotFound(ErrorCodes.AuditEntryNotFound, $"The log has no entry {seq}. `hanse audit list` shows what it has.");
}

/// <param name="Reason">What happened, for the new log's first entry.</param>
/// <param name="Site">The site whose own log is to go on, by name or id; the coordinator's own if absent.</param>
internal sealed record AuditRecoverRequest(string Reason = "", string? Site = null);

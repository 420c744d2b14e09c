using Hanse.Audit;
using System.Globalization;
using System.Text;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Audit;

/// <summary>The audit log over HTTP: reading and proving. Nothing writes it here.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this RouteGroupBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit");
        audit.MapGet("", ListAsync).WithName("ListAudit").WithSummary("Entries of the audit log, newest first")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapGet("/{seq:long}", GetAsync).WithName("GetAuditEntry").WithSummary("One entry with its hosts and the exact bytes that were hashed")
            .RequireAuthorization(AccessPolicies.Viewer);
        audit.MapPost("/verify", VerifyAsync).WithName("VerifyAudit").WithSummary("Recompute every hash of the log and compare every column")
            .RequireAuthorization(AccessPolicies.Viewer);
    }

    private static async Task<Results<Ok<Page<AuditEntryView>>, ProblemHttpResult>> ListAsync(
        [AsParameters] AuditFilter filter, AuditStore store, CancellationToken cancellation)
    {
        var query = filter.ToQuery(out var problem);
        if (query is null)
        {
            return problem!;
        }

        // One more than asked for tells whether there is a next page.
        var rows = await store.ListAsync(query with { Limit = query.Limit + 1 }, cancellation);
        var page = rows.Take(query.Limit).ToArray();
        var next = rows.Count > page.Length ? Cursor.Encode(Number(page[^1].Log), Number(page[^1].Row.Facts.Seq)) : null;
        return TypedResults.Ok(new Page<AuditEntryView>([.. page.Select(row => AuditEntryView.Of(row.Row))], next));
    }

    private static async Task<Results<Ok<AuditEntryDetailView>, ProblemHttpResult>> GetAsync(long seq, AuditStore store, CancellationToken cancellation) =>
        await store.FindAsync(seq, cancellation) is { } row
            ? TypedResults.Ok(new AuditEntryDetailView(
                AuditEntryView.Of(row), AuditTargets.Read(row.Targets) ?? [], Encoding.UTF8.GetString(row.Bytes), Convert.ToHexStringLower(row.LeafHash)))
            : Problems.NotFound(ErrorCodes.AuditEntryNotFound, $"The log has no entry {seq}. `hanse audit list` shows what it has.");

    private static async Task<Ok<AuditVerification>> VerifyAsync(AuditVerifier verifier, CancellationToken cancellation) =>
        TypedResults.Ok(await verifier.VerifyAsync(cancellation));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

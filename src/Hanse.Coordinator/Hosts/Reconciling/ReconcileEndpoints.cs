using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Hosts.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>Comparing the directory with a site, over HTTP. The last comparison is part of the site.</summary>
internal static class ReconcileEndpoints
{
    public static void MapReconcile(this RouteGroupBuilder api) =>
        api.MapPost("/sites/{site}/reconcile", ReconcileAsync).WithTags("Sites").WithName("ReconcileSite")
            .WithSummary("Compare the directory with a site now, and have it send again what differs").RequireAuthorization(AccessPolicies.Administrator);

    private static async Task<Results<Ok<Reconciliation>, ProblemHttpResult>> ReconcileAsync(
        string site, ActorContext actor, ReconcileActions actions, CancellationToken cancellation)
    {
        var (result, problem) = await actions.RunAsync(site, actor, cancellation);
        return result is not null ? TypedResults.Ok(result) : problem!;
    }
}

using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Recovery;

/// <summary>The way back of a restored coordinator over HTTP, and the gate that keeps work out until it is over (U5).</summary>
internal static class RecoveryEndpoints
{
    private static readonly string[] Open = ["recovery", "audit", "session", "sessions", "users", "tokens", "backups"];

    public static void MapRecovery(this RouteGroupBuilder api)
    {
        var recovery = api.MapGroup("/recovery").WithTags("Recovery");
        recovery.MapGet("", ShowAsync).WithName("GetRecovery").WithSummary("How the recovery of a restored coordinator stands, and what could not be brought back")
            .RequireAuthorization(AccessPolicies.Viewer);
        recovery.MapPost("/sites/{site}/accept", AcceptAsync).WithName("AcceptRecoveredSite")
            .WithSummary("Take back a site that the restored registry does not know").RequireAuthorization(AccessPolicies.Administrator);
        recovery.MapPost("/sites/{site}/reject", RejectAsync).WithName("RejectRecoveredSite").WithSummary("Ban a site that the restored registry does not know")
            .RequireAuthorization(AccessPolicies.Administrator);
        recovery.MapPost("/finish", FinishAsync).WithName("FinishRecovery").WithSummary("End the recovery: work is accepted again")
            .RequireAuthorization(AccessPolicies.Administrator);
    }

    /// <summary>Reading goes on; of what changes something only what recovery itself needs.</summary>
    public static ValueTask<object?> GateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        var work = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)
            && !Open.Contains(request.Path.Value?.Split('/').ElementAtOrDefault(3), StringComparer.Ordinal);
        return work && context.HttpContext.RequestServices.GetService<IFederation>() is { IsRecovering: true }
            ? ValueTask.FromResult<object?>(Problems.Unavailable(
                ErrorCodes.Recovering, "This coordinator was restored and takes from its sites what they hold before it accepts work. `hanse recovery show` says how far it is."))
            : next(context);
    }

    private static async Task<Results<Ok<RecoveryView>, ProblemHttpResult>> ShowAsync(RecoveryDesk desk, CancellationToken cancellation) =>
        await desk.ShowAsync(cancellation) is { } view ? TypedResults.Ok(view) : Problems.NotFound(ErrorCodes.NotFound, "This coordinator was never restored.");

    private static async Task<Results<NoContent, ProblemHttpResult>> AcceptAsync(
        string site, RecoveryAcceptRequest request, ActorContext actor, RecoveryDesk desk, CancellationToken cancellation) =>
        request.Name.Length is 0 or > 63 || request.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
            ? Problems.Invalid(ErrorCodes.NameInvalid, "name", "A site's name has 1 to 63 letters, digits, dots and hyphens.")
            : Done(await desk.AcceptAsync(site, request.Name, actor, cancellation));

    private static async Task<Results<NoContent, ProblemHttpResult>> RejectAsync(string site, ActorContext actor, RecoveryDesk desk, CancellationToken cancellation) =>
        Done(await desk.RejectAsync(site, actor, cancellation));

    private static async Task<Results<NoContent, ProblemHttpResult>> FinishAsync(
        RecoveryFinishRequest request, ActorContext actor, RecoveryDesk desk, CancellationToken cancellation) =>
        Done(await desk.FinishAsync(actor, request.Force, cancellation));

    private static Results<NoContent, ProblemHttpResult> Done(ProblemHttpResult? problem) => problem is null ? TypedResults.NoContent() : problem;
}

/// <summary>What the site is called from now on.</summary>
internal sealed record RecoveryAcceptRequest(string Name = "");

/// <summary>Whether to end it although something is undecided.</summary>
internal sealed record RecoveryFinishRequest(bool Force = false);

using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Gateways;

/// <summary>The gateways over HTTP.</summary>
internal static class GatewayEndpoints
{
    private const int ReasonLimit = 1_000;
    private static readonly TimeSpan DefaultWindow = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(24);

    public static void MapGateways(this RouteGroupBuilder api)
    {
        api.MapGet("/gateways", ListAsync).WithTags("Gateways").WithName("ListGateways").WithSummary("Gateways that are not removed, by name")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/gateways/{gateway}", GetAsync).WithTags("Gateways").WithName("GetGateway").WithSummary("One gateway by id or name, with what it counts")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/gateways/{gateway}/drain", DrainAsync).WithTags("Gateways").WithName("DrainGateway")
            .WithSummary("Let it take no connection any more and end those there are, spread over a window").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/gateways/{gateway}/resume", ResumeAsync).WithTags("Gateways").WithName("ResumeGateway").WithSummary("End a drain")
            .RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/gateways/{gateway}/remove", RemoveAsync).WithTags("Gateways").WithName("RemoveGateway")
            .WithSummary("Take a gateway out for good: its key is revoked, and a join string that was not used is void").RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Ok<Page<GatewayView>>> ListAsync(IGateways gateways, ISites sites, GatewayLinks links, CancellationToken cancellation)
    {
        var names = await NamesAsync(sites, cancellation);
        return TypedResults.Ok(new Page<GatewayView>([.. (await gateways.ListAsync(cancellation)).Select(g => GatewayView.Of(g, links, names))], null));
    }

    private static async Task<Results<Ok<GatewayView>, ProblemHttpResult>> GetAsync(
        string gateway, IGateways gateways, ISites sites, GatewayLinks links, CancellationToken cancellation) =>
        await gateways.FindAsync(gateway, cancellation) is { } row
            ? TypedResults.Ok(GatewayView.Of(row, links, await NamesAsync(sites, cancellation)) with { Report = GatewayReportView.Of(row) })
            : GatewayActions.Unknown();

    private static async Task<Results<NoContent, ProblemHttpResult>> DrainAsync(
        string gateway, GatewayDrainRequest request, ActorContext actor, GatewayActions actions, CancellationToken cancellation)
    {
        var window = request.Window ?? DefaultWindow;
        return Wrong(request.Reason) ?? (window < TimeSpan.Zero || window > LongestWindow
            ? Problems.Invalid(ErrorCodes.RequestInvalid, "window", "window is how long the connections are spread over: from 0 to 24h.")
            : Done(await actions.DrainAsync(gateway, window, request.Reason, actor, cancellation)));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ResumeAsync(
        string gateway, ActorContext actor, GatewayActions actions, CancellationToken cancellation) =>
        Done(await actions.ResumeAsync(gateway, actor, cancellation));

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string gateway, GatewayReasonRequest request, ActorContext actor, GatewayActions actions, INodeTokens tokens, CancellationToken cancellation) =>
        Wrong(request.Reason) ?? Done(await actions.RemoveAsync(gateway, request.Reason, actor, tokens, cancellation));

    private static async Task<Dictionary<Guid, string>> NamesAsync(ISites sites, CancellationToken cancellation) =>
        (await sites.ListAsync(cancellation)).ToDictionary(s => s.Id, s => s.Name);

    private static Results<NoContent, ProblemHttpResult> Done(ProblemHttpResult? problem) => problem is null ? TypedResults.NoContent() : problem;

    private static ProblemHttpResult? Wrong(string reason) => reason.Length > ReasonLimit || reason.Any(char.IsControl)
        ? Problems.Invalid(ErrorCodes.RequestInvalid, "reason", $"reason is one line of at most {ReasonLimit} characters.")
        : null;
}

/// <summary>Body of POST /gateways/{gateway}/drain.</summary>
internal sealed record GatewayDrainRequest(TimeSpan? Window = null, string Reason = "");

/// <summary>Why; it goes into the audit log.</summary>
internal sealed record GatewayReasonRequest(string Reason = "");

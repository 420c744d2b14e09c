using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Hosts;

/// <summary>What a host is doing, asked of its site, which alone keeps it.</summary>
internal static class HostMetricsEndpoints
{
    private const int MaxPoints = 2_000;
    private const int DefaultPoints = 300;
    private static readonly TimeSpan DefaultRange = TimeSpan.FromHours(1);

    public static void MapHostMetrics(this RouteGroupBuilder api) =>
        api.MapGet("/hosts/{host}/metrics", ReadAsync).WithTags("Hosts").WithName("GetHostMetrics")
            .WithSummary("What a host is doing, and was: every few seconds for hours, by the hour for days").RequireAuthorization(AccessPolicies.Viewer);

    private static async Task<Results<Ok<HostMetricsView>, ProblemHttpResult>> ReadAsync(
        string host, DateTimeOffset? from, DateTimeOffset? to, int? points, IHostLookup lookup, HostDetailProxy proxy, TimeProvider time, CancellationToken cancellation)
    {
        var end = to ?? time.GetUtcNow();
        var begin = from ?? end - DefaultRange;
        if (begin >= end)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "from", "from lies before to.");
        }

        if (points is < 1 or > MaxPoints)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "points", $"points is a number from 1 to {MaxPoints}.");
        }

        var (target, problem) = await HostEndpoints.FindAsync(host, lookup, cancellation);
        (var metrics, problem) = target is null ? (null, problem) : await proxy.MetricsAsync(target, begin, end, points ?? DefaultPoints, cancellation);
        return metrics is not null ? TypedResults.Ok(HostMetricsView.Of(target!, begin, end, metrics))
            : problem!.ProblemDetails.Extensions["code"] is ErrorCodes.NotFound ? Nothing(target!) : problem;
    }

    private static ProblemHttpResult Nothing(HostTarget host) => Problems.NotFound(
        ErrorCodes.MetricNotFound, $"Site {host.SiteName} has no metrics of {host.Hostname} in that time. Either the host was off or its site does not ask for any (site.metrics).");
}

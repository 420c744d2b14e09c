using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Rollups;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Hanse.Coordinator.Rollups;

/// <summary>The aggregate tier over HTTP: what it counts now, and lines that a chart draws as they are.</summary>
internal static class RollupEndpoints
{
    /// <summary>Points of a line at the most: more than a chart has pixels.</summary>
    private const int MaxPoints = 2_000;

    private static readonly TimeSpan DefaultRange = TimeSpan.FromDays(1);

    public static void MapRollups(this RouteGroupBuilder api)
    {
        api.MapGet("/rollups", ListAsync).WithTags("Rollups").WithName("ListRollups").WithSummary("Each metric now, summed over the sites")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/rollups/{metric}", HistoryAsync).WithTags("Rollups").WithName("GetRollupHistory").WithSummary("A metric's history, of one site or of all")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/sites/{site}/rollups", OfSiteAsync).WithTags("Rollups").WithName("ListSiteRollups").WithSummary("Each metric of one site, as it told it last")
            .RequireAuthorization(AccessPolicies.Viewer);
    }

    private static async Task<Ok<Page<RollupSummary>>> ListAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var now = (await RollupReadStore.ListAsync(connection, null, cancellation)).ToLookup(r => r.Metric, StringComparer.Ordinal);
        return TypedResults.Ok(new Page<RollupSummary>([.. RollupMetrics.All.Select(m => RollupSummary.Of(m, [.. now[m.Name]]))], null));
    }

    private static async Task<Results<Ok<Page<RollupNow>>, ProblemHttpResult>> OfSiteAsync(
        string site, ISites sites, NpgsqlDataSource database, CancellationToken cancellation)
    {
        if (await sites.FindAsync(site, cancellation) is not { } row)
        {
            return UnknownSite.Problem();
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        return TypedResults.Ok(new Page<RollupNow>(await RollupReadStore.ListAsync(connection, new SiteId(row.Id), cancellation), null));
    }

    private static async Task<Results<Ok<RollupHistory>, ProblemHttpResult>> HistoryAsync(
        string metric, string? site, DateTimeOffset? from, DateTimeOffset? to, string? step, ISites sites, NpgsqlDataSource database, TimeProvider time,
        CancellationToken cancellation)
    {
        if (RollupMetrics.All.FirstOrDefault(m => m.Name == metric) is not { } known)
        {
            return Problems.NotFound(ErrorCodes.MetricNotFound, $"There is no metric {metric}. GET /rollups lists them.", "metric");
        }

        SiteRow? row = null;
        if (!string.IsNullOrEmpty(site) && (row = await sites.FindAsync(site, cancellation)) is null)
        {
            return UnknownSite.Problem();
        }

        var now = time.GetUtcNow();
        var (begin, end) = (from ?? (to ?? now) - DefaultRange, to ?? now);
        if (begin >= end)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "from", "from lies before to.");
        }

        var finest = RollupSteps.Reaching(now - begin);
        if (!string.IsNullOrEmpty(step) && (!char.IsAsciiLetter(step[0]) || !Enum.TryParse(step, ignoreCase: true, out finest) || !Enum.IsDefined(finest)))
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "step", "step is raw, hour or day.");
        }

        if ((end - begin) / finest.Span() > MaxPoints)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "from", $"That is more than {MaxPoints} points. Ask for less time or a wider step.");
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var points = await RollupHistoryStore.ReadAsync(connection, metric, row is null ? null : new SiteId(row.Id), finest, begin, end, cancellation);
        var line = row is null ? RollupSeries.Sum(points, begin, end, finest.Span()) : [.. points.Where(p => p.Point.At >= begin).Select(p => p.Point).TakeLast(MaxPoints)];
        return TypedResults.Ok(new RollupHistory(
            metric, known.Unit, row?.Name, begin, end, finest.ToString().ToLowerInvariant(), [.. line.Select(p => RollupHistoryPoint.Of(p, ofOneSite: row is not null))]));
    }
}

/// <summary>A metric summed over the sites that told it; the oldest of what they told is from <paramref name="Oldest"/>.</summary>
internal sealed record RollupSummary(string Metric, string Unit, string Summary, IReadOnlyDictionary<string, long> Counts, int Sites, DateTimeOffset? Oldest)
{
    public static RollupSummary Of(RollupMetric metric, IReadOnlyList<RollupNow> now) => new(
        metric.Name, metric.Unit, metric.Summary, RollupSeries.Add(now.Select(n => n.Counts)), now.Count, now.Count == 0 ? null : now.Min(n => n.ComputedAt));
}

/// <summary>A line of a chart, oldest point first. Without a site it is the sum over all; the points of step raw are then five minutes apart.</summary>
internal sealed record RollupHistory(
    string Metric, string Unit, string? Site, DateTimeOffset From, DateTimeOffset To, string Step, IReadOnlyList<RollupHistoryPoint> Points);

/// <summary>The last counts of a span of time that begins at <paramref name="At"/>, and of one site the least and most of each label in it. A label that is
/// missing counts nothing.</summary>
internal sealed record RollupHistoryPoint(
    DateTimeOffset At, IReadOnlyDictionary<string, long> Counts, IReadOnlyDictionary<string, long>? Low, IReadOnlyDictionary<string, long>? High)
{
    public static RollupHistoryPoint Of(RollupPoint point, bool ofOneSite) => new(point.At, point.Last, ofOneSite ? point.Low : null, ofOneSite ? point.High : null);
}

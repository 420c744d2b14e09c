namespace Hanse.Site.Rollups.Api;

/// <summary>A slice's contribution to the aggregate tier. Costs no more than a few statements, whatever the number of hosts.</summary>
public interface IRollupSource
{
    Task<IReadOnlyList<Rollup>> ComputeAsync(CancellationToken cancellation);
}

/// <param name="Metric">Of <see cref="Protocol.Rollups.RollupMetrics"/>.</param>
/// <param name="Counts">By label.</param>
public sealed record Rollup(string Metric, IReadOnlyDictionary<string, long> Counts);

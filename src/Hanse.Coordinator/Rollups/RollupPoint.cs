using System.Collections.Immutable;

namespace Hanse.Coordinator.Rollups;

/// <summary>What a site's metric was in one span of time: the last counts, and the least and most of each label. A label that is missing is zero.</summary>
internal sealed record RollupPoint(
    DateTimeOffset At, ImmutableSortedDictionary<string, long> Last, ImmutableSortedDictionary<string, long> Low, ImmutableSortedDictionary<string, long> High)
{
    public static RollupPoint Of(DateTimeOffset at, ImmutableSortedDictionary<string, long> counts) => new(at, counts, counts, counts);

    /// <summary>The same span after these counts were told as well.</summary>
    public RollupPoint With(ImmutableSortedDictionary<string, long> counts) => this with
    {
        Last = counts,
        Low = Merge(Low, counts, Math.Min),
        High = Merge(High, counts, Math.Max),
    };

    private static ImmutableSortedDictionary<string, long> Merge(
        ImmutableSortedDictionary<string, long> a, ImmutableSortedDictionary<string, long> b, Func<long, long, long> pick) =>
        a.Keys.Union(b.Keys).ToImmutableSortedDictionary(label => label, label => pick(a.GetValueOrDefault(label), b.GetValueOrDefault(label)), StringComparer.Ordinal);
}

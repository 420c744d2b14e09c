using System.Collections.Immutable;

namespace Hanse.Coordinator.Rollups;

/// <summary>Makes one line of a chart of what several sites told at different moments. Pure.</summary>
internal static class RollupSeries
{
    /// <summary>The sum over sites at the end of each span from <paramref name="from"/> to <paramref name="to"/>. A site counts with what it told last, also before
    /// the first span, however long ago: hosts of a site that is offline have not gone.</summary>
    public static IReadOnlyList<RollupPoint> Sum(IEnumerable<(Guid Site, RollupPoint Point)> points, DateTimeOffset from, DateTimeOffset to, TimeSpan span)
    {
        var ordered = new Queue<(Guid Site, RollupPoint Point)>(points.OrderBy(p => p.Point.At));
        var last = new Dictionary<Guid, ImmutableSortedDictionary<string, long>>();
        var series = new List<RollupPoint>();
        for (var at = RollupSteps.Floor(from, span); at <= to; at += span)
        {
            while (ordered.TryPeek(out var next) && next.Point.At < at + span)
            {
                ordered.Dequeue();
                last[next.Site] = next.Point.Last;
            }

            if (last.Count > 0)
            {
                series.Add(RollupPoint.Of(at, Add(last.Values)));
            }
        }

        return series;
    }

    public static ImmutableSortedDictionary<string, long> Add(IEnumerable<IReadOnlyDictionary<string, long>> counts)
    {
        var sum = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var (label, count) in counts.SelectMany(c => c))
        {
            sum[label] = sum.GetValueOrDefault(label) + count;
        }

        return sum.ToImmutable();
    }
}

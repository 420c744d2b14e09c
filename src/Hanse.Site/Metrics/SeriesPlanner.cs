using Hanse.Protocol.Messages;

namespace Hanse.Site.Metrics;

/// <summary>Makes points of stored minutes and hours. Pure.</summary>
internal static class SeriesPlanner
{
    private static readonly int[] Steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

    /// <summary>The newest sample of a stretch of time.</summary>
    public static HostMetrics Last(IReadOnlyList<MinuteRow> minutes, DateTimeOffset from, DateTimeOffset to)
    {
        foreach (var minute in minutes.Reverse())
        {
            foreach (var (at, sample) in Samples(minute).Reverse())
            {
                if (at >= from && at <= to)
                {
                    return new HostMetrics { Last = sample, LastUnixMs = at.ToUnixTimeMilliseconds(), ByDatagram = minute.ByDatagram };
                }
            }
        }

        return new HostMetrics();
    }

    public static HostMetrics OfMinutes(HostMetrics answer, IReadOnlyList<MinuteRow> minutes, DateTimeOffset from, DateTimeOffset to, int points)
    {
        var step = Step(to - from, points, 5);
        var tallies = minutes.SelectMany(Samples).Where(s => s.At >= from && s.At <= to)
            .GroupBy(s => Floor(s.At, step)).OrderBy(g => g.Key)
            .Select(g => Tally.Of(g.Select(s => s.Sample)).Point(DateTimeOffset.FromUnixTimeSeconds(g.Key)));
        answer.Points.AddRange(tallies);
        answer.StepS = (uint)step;
        return answer;
    }

    public static HostMetrics OfHours(HostMetrics answer, IReadOnlyList<(DateTimeOffset At, Tally Tally)> hours, int points)
    {
        var step = hours.Count == 0 ? 3600 : Step(hours[^1].At - hours[0].At, points, 3600);
        answer.Points.AddRange(hours.GroupBy(h => Floor(h.At, step)).OrderBy(g => g.Key)
            .Select(g => g.Aggregate(Tally.Empty, (sum, hour) => sum.Plus(hour.Tally)).Point(DateTimeOffset.FromUnixTimeSeconds(g.Key))));
        answer.StepS = (uint)step;
        return answer;
    }

    private static IEnumerable<(DateTimeOffset At, MetricsSample Sample)> Samples(MinuteRow minute) =>
        minute.Read().Samples.Select(s => (new DateTimeOffset(minute.At).AddMilliseconds(s.AfterMs), s.Sample));

    // A stretch that begins within a step touches one more than it has room for.
    private static long Step(TimeSpan span, int points, int least) =>
        Array.Find(Steps, s => s >= least && (span.TotalSeconds / s) + 1 <= points) is > 0 and var step
            ? step
            : (long)Math.Ceiling(span.TotalSeconds / Math.Max(1, points - 1) / 86_400) * 86_400;

    private static long Floor(DateTimeOffset at, long step) => at.ToUnixTimeSeconds() / step * step;
}

using System.Collections.Immutable;
using Hanse.Coordinator.Rollups;

namespace Hanse.Coordinator.Tests.Rollups;

public sealed class RollupSeriesTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly (Guid North, Guid South) Sites = (new(1, 0, 0, new byte[8]), new(2, 0, 0, new byte[8]));

    [Fact]
    public void Sum_takes_what_each_site_told_last_and_a_label_that_went_away_counts_nothing()
    {
        var series = RollupSeries.Sum(
            [
                Told(Sites.North, -90, ("online", 5)), Told(Sites.South, 1, ("online", 2), ("offline", 1)),
                Told(Sites.North, 11, ("offline", 4)), Told(Sites.South, 12, ("online", 3)),
            ],
            Noon, Noon.AddMinutes(15), TimeSpan.FromMinutes(5));

        Assert.Equal(
            ["12:00 offline=1 online=7", "12:05 offline=1 online=7", "12:10 offline=4 online=3", "12:15 offline=4 online=3"],
            series.Select(p => $"{p.At:HH:mm} {string.Join(' ', p.Last.Select(c => $"{c.Key}={c.Value}"))}"));
    }

    [Fact]
    public void Sum_begins_where_something_is_known() =>
        Assert.Equal([Noon.AddMinutes(10)], RollupSeries.Sum([Told(Sites.North, 12, ("online", 1))], Noon, Noon.AddMinutes(14), TimeSpan.FromMinutes(5)).Select(p => p.At));

    [Fact]
    public void Point_keeps_the_least_and_the_most_of_each_label()
    {
        var point = RollupPoint.Of(Noon, Counts(("a", 3))).With(Counts(("a", 9), ("b", 1))).With(Counts(("a", 5)));

        Assert.Equal((5L, 3L, 9L), (point.Last["a"], point.Low["a"], point.High["a"]));
        Assert.Equal((false, 0L, 1L), (point.Last.ContainsKey("b"), point.Low["b"], point.High["b"]));
    }

    [Theory]
    [InlineData(1, "Raw")]
    [InlineData(48, "Raw")]
    [InlineData(49, "Hour")]
    [InlineData(24 * 63, "Day")]
    [InlineData(24 * 4000, "Day")]
    public void Step_is_the_finest_that_is_kept_so_long(int hours, string step) => Assert.Equal(step, RollupSteps.Reaching(TimeSpan.FromHours(hours)).ToString());

    private static (Guid, RollupPoint) Told(Guid site, int minutes, params (string, long)[] counts) => (site, RollupPoint.Of(Noon.AddMinutes(minutes), Counts(counts)));

    private static ImmutableSortedDictionary<string, long> Counts(params (string Label, long Count)[] counts) =>
        counts.ToImmutableSortedDictionary(c => c.Label, c => c.Count, StringComparer.Ordinal);
}

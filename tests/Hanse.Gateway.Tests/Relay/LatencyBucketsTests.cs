using Hanse.Gateway.Relay.Counting;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>Percentiles of dials.</summary>
public sealed class LatencyBucketsTests
{
    [Fact]
    public void Percentile_of_any_latencies_is_theirs_and_at_most_a_quarter_above()
    {
        var dice = Chance.Of(Chance.Seed, 1);
        for (var round = 0; round < 200; round++)
        {
            var buckets = default(LatencyBuckets);
            var all = Enumerable.Range(0, dice.Next(1, 500)).Select(_ => (long)Math.Exp(dice.NextDouble() * Math.Log(15_000_000))).Order().ToList();
            foreach (var latency in all)
            {
                buckets.Note(latency);
            }

            foreach (var part in new[] { 0.5, 0.95, 0.99, 1 })
            {
                var exact = Math.Max(64, all[(int)Math.Ceiling(all.Count * part) - 1]);
                Assert.InRange(buckets.Percentile(part), exact, exact * 1.25 + 1);
            }
        }
    }

    [Fact]
    public void Percentile_of_nothing_is_zero_and_what_is_out_of_bounds_counts_at_the_bound()
    {
        var buckets = default(LatencyBuckets);
        Assert.Equal(0, buckets.Percentile(0.99));
        buckets.Note(0);
        Assert.Equal(80, buckets.Percentile(0.5));
        var other = default(LatencyBuckets);
        other.Note(long.MaxValue);
        buckets.Add(other);
        Assert.Equal((80, 1 << 24), (buckets.Percentile(0.5), buckets.Percentile(1)));
    }
}

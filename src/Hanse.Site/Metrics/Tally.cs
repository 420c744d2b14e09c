using Hanse.Protocol.Messages;

namespace Hanse.Site.Metrics;

/// <summary>Samples added up: how many, the sum and the highest of each figure. Tallies add up themselves, so an hour is the tally of its minutes.</summary>
internal sealed record Tally(int Samples, long[] Sums, long[] Highest)
{
    public const int Figures = 7;

    /// <summary>Larger than anything real, and small enough that a month of them can be added: a host cannot make a sum overflow.</summary>
    private const ulong Largest = 1UL << 40;

    public static Tally Empty => new(0, new long[Figures], new long[Figures]);

    public static Tally Of(IEnumerable<MetricsSample> samples)
    {
        var tally = Empty;
        foreach (var sample in samples)
        {
            tally = tally.Plus(new Tally(1, Read(sample), Read(sample)));
        }

        return tally;
    }

    public Tally Plus(Tally other)
    {
        var (sums, highest) = (new long[Figures], new long[Figures]);
        for (var i = 0; i < Figures; i++)
        {
            (sums[i], highest[i]) = (Sums[i] + other.Sums[i], Math.Max(Highest[i], other.Highest[i]));
        }

        return new(Samples + other.Samples, sums, highest);
    }

    public MetricsPoint Point(DateTimeOffset at) => new()
    {
        AtUnixMs = at.ToUnixTimeMilliseconds(), Samples = (uint)Samples,
        Mean = Write(i => (ulong)(Sums[i] / Math.Max(1, Samples))), Highest = Write(i => (ulong)Highest[i]),
    };

    private static long[] Read(MetricsSample s) =>
    [
        Bounded(s.CpuPermille), Bounded(s.MemoryUsedKib), Bounded(s.Load1Hundredths), Bounded(s.DiskReadBytes), Bounded(s.DiskWrittenBytes),
        Bounded(s.NetworkReceivedBytes), Bounded(s.NetworkSentBytes),
    ];

    private static MetricsFigures Write(Func<int, ulong> figure) => new()
    {
        CpuPermille = (uint)figure(0), MemoryUsedKib = figure(1), Load1Hundredths = (uint)figure(2), DiskReadBytes = figure(3), DiskWrittenBytes = figure(4),
        NetworkReceivedBytes = figure(5), NetworkSentBytes = figure(6),
    };

    private static long Bounded(ulong figure) => (long)Math.Min(figure, Largest);
}

namespace Hanse.Bench.Harness;

/// <summary>Durations of many runs of one kind, each with what it was.</summary>
internal sealed class Latencies
{
    private readonly List<(TimeSpan Took, string What)> _runs = [];

    public int Count => _runs.Count;

    public void Add(TimeSpan took, string what) => _runs.Add((took, what));

    /// <summary>Milliseconds that this share of the runs did not exceed.</summary>
    public double Percentile(double share)
    {
        var sorted = _runs.Select(r => r.Took.TotalMilliseconds).Order().ToList();
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];
    }

    public IEnumerable<(TimeSpan Took, string What)> Worst(int number) => _runs.OrderByDescending(r => r.Took).Take(number);
}

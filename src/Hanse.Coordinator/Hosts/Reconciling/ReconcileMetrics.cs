using System.Diagnostics.Metrics;
using Hanse.Coordinator.Hosts.Api;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>Counts comparisons and what they had to mend, by the meter <c>Hanse.Coordinator</c>.</summary>
internal sealed class ReconcileMetrics : IDisposable
{
    private readonly Meter _meter = new("Hanse.Coordinator", CoordinatorModule.Version);
    private readonly Counter<long> _comparisons;
    private readonly Counter<long> _mended;
    private readonly Counter<long> _bytes;

    public ReconcileMetrics()
    {
        _comparisons = _meter.CreateCounter<long>("hanse.coordinator.directory.comparisons", "{comparison}", "Comparisons of the directory with a site, by outcome");
        _mended = _meter.CreateCounter<long>("hanse.coordinator.directory.mended", "{host}", "Hosts that a comparison found missing, differing or to be ghosts");
        _bytes = _meter.CreateCounter<long>("hanse.coordinator.directory.compared", "By", "Bytes that comparisons sent and received");
    }

    public void Count(Reconciliation result)
    {
        _comparisons.Add(1, new KeyValuePair<string, object?>("outcome", result.ErrorCode ?? "done"));
        _bytes.Add(result.Bytes);
        _mended.Add(result.Missing, new KeyValuePair<string, object?>("kind", "missing"));
        _mended.Add(result.Differing, new KeyValuePair<string, object?>("kind", "differing"));
        _mended.Add(result.Ghosts, new KeyValuePair<string, object?>("kind", "ghost"));
    }

    public void Dispose() => _meter.Dispose();
}

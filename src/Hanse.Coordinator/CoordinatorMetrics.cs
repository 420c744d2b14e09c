using System.Diagnostics.Metrics;
using Hanse.Coordinator.Sites.Api;

namespace Hanse.Coordinator;

/// <summary>What a coordinator tells a collector of itself, by the meter <c>Hanse.Coordinator</c>. Nothing is computed unless a collector asks.</summary>
internal sealed class CoordinatorMetrics : IDisposable
{
    private readonly Meter _meter = new("Hanse.Coordinator", CoordinatorModule.Version);

    public CoordinatorMetrics(ISiteChannel sites) =>
        _meter.CreateObservableGauge("hanse.coordinator.sites.online", () => sites.Connected.Count, "{site}", "Sites whose link this replica holds");

    public void Dispose() => _meter.Dispose();
}

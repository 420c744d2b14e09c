using Hanse.Agent.Inventory.Sources;
using Hanse.Agent.Native;

namespace Hanse.Agent.Inventory;

/// <summary>Runs every source, one after the other (an agent must not be felt on its host), each within a time limit. One that
/// fails gives a section with its error and does not touch the others.</summary>
internal sealed class InventoryCollector(IReadOnlyList<IInventorySource> sources, TimeProvider time) : IInventoryFeed
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The sources of this machine.</summary>
    internal static InventoryCollector ForThisMachine(TimeProvider time, IBootClock boot) => new(Sources(HostView.Real(time), time, boot), time);

    internal static IReadOnlyList<IInventorySource> Sources(HostView host, TimeProvider time, IBootClock? boot) =>
    [
        new SystemSource(host, time, boot), new HardwareSource(host), new DisksSource(host), new NetworkSource(host), new PackagesSource(host),
        new ServicesSource(host), new UsersSource(host), new PortsSource(host), new CertificatesSource(host), new UpdatesSource(host),
    ];

    public Task<IReadOnlyList<InventorySection>> CollectAsync(CancellationToken cancellation) => CollectAsync(sources, cancellation);

    public Task<IReadOnlyList<InventorySection>> CollectQuickAsync(CancellationToken cancellation) =>
        CollectAsync(sources.Where(s => !s.IsSlow), cancellation);

    private async Task<IReadOnlyList<InventorySection>> CollectAsync(IEnumerable<IInventorySource> chosen, CancellationToken cancellation)
    {
        var sections = new List<InventorySection>(sources.Count);
        foreach (var source in chosen)
        {
            sections.Add(await CollectAsync(source, cancellation));
        }

        return sections;
    }

    private async Task<InventorySection> CollectAsync(IInventorySource source, CancellationToken cancellation)
    {
        try
        {
            var body = await Task.Run(() => source.CollectAsync(cancellation), cancellation).WaitAsync(Limit, time, cancellation);
            return InventorySection.Of(source.Section, body, time.GetUtcNow());
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            var reason = failure is InventoryException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
            return InventorySection.Failed(source.Section, reason, time.GetUtcNow());
        }
    }
}

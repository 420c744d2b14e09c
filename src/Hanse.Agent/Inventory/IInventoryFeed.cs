namespace Hanse.Agent.Inventory;

/// <summary>Where a session takes its inventory from: the machine, or the imagination of a simulated agent.</summary>
public interface IInventoryFeed
{
    /// <summary>All sections, each once. Never throws for a section that fails: that one carries its error.</summary>
    Task<IReadOnlyList<InventorySection>> CollectAsync(CancellationToken cancellation);

    /// <summary>What is had within a second or so, for the first word to the site; the rest follows.</summary>
    Task<IReadOnlyList<InventorySection>> CollectQuickAsync(CancellationToken cancellation) => CollectAsync(cancellation);
}

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Collects one section. The body is canonical: the same facts give the same bytes, so that its hash tells a change.</summary>
internal interface IInventorySource
{
    /// <summary>The section's name on the wire.</summary>
    string Section { get; }

    /// <summary>Takes seconds of processor time: not collected for the first word to the site.</summary>
    bool IsSlow => false;

    /// <summary>The body as UTF-8 JSON.</summary>
    /// <exception cref="InventoryException">It cannot be collected, and why; other sections go on.</exception>
    Task<byte[]> CollectAsync(CancellationToken cancellation);
}

using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Inventory.Api;

/// <summary>The detail tier: what the agents told of their hosts, which never leaves the site but by drill-down.</summary>
public interface IInventory
{
    /// <summary>Stores the sections whose content changed. The receipt names those of which the agent holds other content than
    /// this site, so that both agree after any loss.</summary>
    Task<InventoryReceipt> ReceiveAsync(HostId host, InventoryReport report, CancellationToken cancellation);

    /// <summary>One section's body, or with an empty name the list of sections. Null if there is none.</summary>
    Task<HostDetail?> ReadAsync(HostId host, string section, CancellationToken cancellation);
}

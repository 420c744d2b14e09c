using Hanse.Protocol.Messages;

namespace Hanse.Agent.Inventory;

/// <summary>The reports to send, in order; none when nothing changed.</summary>
internal sealed record InventoryPlan(IReadOnlyList<InventoryReport> Reports);

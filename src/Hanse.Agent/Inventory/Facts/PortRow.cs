namespace Hanse.Agent.Inventory.Facts;

/// <summary>A socket that waits for others.</summary>
internal sealed record PortRow(string Protocol, string Address, int Port, int? Pid, string? Process, long? UserId);

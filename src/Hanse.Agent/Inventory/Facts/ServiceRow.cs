namespace Hanse.Agent.Inventory.Facts;

/// <summary>A systemd service: what runs (<paramref name="State"/>, <paramref name="SubState"/>) and what starts at boot (<paramref name="Enabled"/>).</summary>
internal sealed record ServiceRow(string Name, string State, string? SubState, string? Enabled, string? Description);

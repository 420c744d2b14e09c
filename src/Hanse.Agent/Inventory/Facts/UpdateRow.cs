namespace Hanse.Agent.Inventory.Facts;

/// <summary>An update that the host's package manager would install now.</summary>
internal sealed record UpdateRow(string Name, string? Installed, string Available, string? Architecture, string? Source, bool Security);

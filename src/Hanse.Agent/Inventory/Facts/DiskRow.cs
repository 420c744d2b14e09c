namespace Hanse.Agent.Inventory.Facts;

/// <summary>A block device or a mounted file system.</summary>
internal sealed record DiskRow(string Kind, string Name, long? Size)
{
    internal string? Device { get; init; }

    internal string? FileSystem { get; init; }

    internal string? Model { get; init; }

    internal bool? ReadOnly { get; init; }

    internal bool? Rotational { get; init; }

    internal int? UsedPercent { get; init; }
}

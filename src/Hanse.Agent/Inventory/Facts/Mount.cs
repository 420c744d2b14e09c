namespace Hanse.Agent.Inventory.Facts;

/// <summary>One line of the mount table, with the escapes of blanks undone.</summary>
internal sealed record Mount(string Device, string Path, string Type, string Options)
{
    internal static Mount? Parse(string line)
    {
        var parts = line.Split(' ');
        return parts.Length >= 4 ? new Mount(Unescape(parts[0]), Unescape(parts[1]), parts[2], parts[3]) : null;
    }

    private static string Unescape(string text) => text
        .Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);
}

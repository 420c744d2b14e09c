namespace Hanse.Agent.Inventory.Facts;

/// <summary>One line of the mount table, with the escapes of blanks undone.</summary>
internal sealed record Mount(string Device, string Path, string Type, string Options)
{
    private static readonly HashSet<string> Remote = new(StringComparer.Ordinal)
        { "nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "fuse.sshfs", "9p", "afs", "fuse.rclone", "virtiofs" };

    /// <summary>Of another machine: a dead server would block any question about it.</summary>
    internal bool IsRemote => Remote.Contains(Type);

    /// <summary>Something that can be full, and nothing the kernel only shows as files.</summary>
    internal bool IsStorage => Device.StartsWith("/dev/", StringComparison.Ordinal) || Type is "zfs" or "btrfs" || IsRemote;

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

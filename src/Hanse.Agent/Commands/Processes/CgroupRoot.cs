namespace Hanse.Agent.Commands.Processes;

/// <summary>Finds where the agent may make cgroups of version 2: below its own, or at the root of the tree.</summary>
internal static class CgroupRoot
{
    private static readonly string[] Mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

    /// <summary>A folder in which a cgroup was made and removed just now, or null where none is writable.</summary>
    internal static string? Find()
    {
        foreach (var mount in Mounts.Where(m => File.Exists(Path.Combine(m, "cgroup.procs"))))
        {
            if (new[] { Own(mount), mount }.FirstOrDefault(IsWritable) is { } root)
            {
                return root;
            }
        }

        return null;
    }

    private static string Own(string mount)
    {
        var line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal));
        return Path.Join(mount, line?[3..].Trim().TrimStart('/'));
    }

    private static bool IsWritable(string folder)
    {
        var probe = Path.Combine(folder, $"hanse-probe-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(probe);
            var usable = File.Exists(Path.Combine(probe, "cgroup.procs"));
            Directory.Delete(probe);
            return usable;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

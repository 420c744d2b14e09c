using System.Globalization;

namespace Hanse.Agent.Native;

/// <summary>Reads /proc: what processes there are, whose group and session they are in, and when each started.</summary>
internal static class ProcessTable
{
    /// <summary>Start time in clock ticks since boot, or null when there is no such process.</summary>
    internal static long? StartTicks(int pid) => Read(pid)?.StartTicks;

    internal static ProcessEntry? Read(int pid)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static IEnumerable<ProcessEntry> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && Read(pid) is { } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>True if the process was started with this variable in its environment. False where that may not be read.</summary>
    internal static bool HasEnvironment(int pid, ReadOnlySpan<byte> variable)
    {
        try
        {
            var bytes = File.ReadAllBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/environ");
            foreach (var range in bytes.AsSpan().Split((byte)0))
            {
                if (bytes.AsSpan(range).SequenceEqual(variable))
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>One line of /proc/PID/stat. The name is in parentheses and may itself hold parentheses and blanks.</summary>
    internal static ProcessEntry? Parse(string stat)
    {
        var close = stat.LastIndexOf(')');
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || close < open)
        {
            return null;
        }

        var rest = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return rest.Length > 19
            && int.TryParse(stat.AsSpan(0, open).Trim(), CultureInfo.InvariantCulture, out var pid)
            && int.TryParse(rest[2], CultureInfo.InvariantCulture, out var group)
            && int.TryParse(rest[3], CultureInfo.InvariantCulture, out var session)
            && long.TryParse(rest[19], CultureInfo.InvariantCulture, out var started)
                ? new ProcessEntry(pid, stat[(open + 1)..close], rest[0][0], group, session, started)
                : null;
    }
}

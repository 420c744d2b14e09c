using System.Globalization;

namespace Hanse.Bench.Processes;

/// <summary>What a process costs, as the kernel says.</summary>
internal static class ProcessFigures
{
    // What the kernel reports processor time in; 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Resident memory, shared pages counted whole.</summary>
    public static long Resident(int pid) => Kibibytes($"/proc/{pid}/status", "VmRSS:") * 1024;

    /// <summary>The most that was ever resident.</summary>
    public static long Peak(int pid) => Kibibytes($"/proc/{pid}/status", "VmHWM:") * 1024;

    /// <summary>Resident memory, each shared page counted by the share that falls to this process.</summary>
    public static long Proportional(int pid) => Kibibytes($"/proc/{pid}/smaps_rollup", "Pss:") * 1024;

    /// <summary>Memory that the process has written, each shared page counted by its share; that of programs and libraries changes with who else runs them.</summary>
    public static long Written(int pid) => Kibibytes($"/proc/{pid}/smaps_rollup", "Pss_Dirty:") * 1024;

    /// <summary>Processor time of the process, and of its children that have ended.</summary>
    public static TimeSpan Cpu(int pid)
    {
        var fields = Fields(pid);
        // utime stime cutime cstime
        return TimeSpan.FromSeconds(fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond);
    }

    /// <summary>The processes that this one started and that live.</summary>
    public static IReadOnlyList<int> Children(int pid) =>
        [.. System.IO.Directory.EnumerateDirectories("/proc").Select(f => int.TryParse(Path.GetFileName(f), out var id) ? id : 0).Where(id => id > 0 && Parent(id) == pid)];

    /// <summary>The process and all it started, directly or not.</summary>
    public static IReadOnlyList<int> Tree(int pid) => [pid, .. Children(pid).SelectMany(Tree)];

    private static int Parent(int pid)
    {
        try
        {
            return int.Parse(Fields(pid)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It ended while we were looking.
            return 0;
        }
    }

    // pid (name) state ppid …: the name may hold anything, so count from its end.
    private static string[] Fields(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long Kibibytes(string path, string field)
    {
        var line = File.ReadLines(path).First(l => l.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}

using System.Globalization;

namespace Hanse.Bench.Harness;

/// <summary>Processor time spent so far by this process and the children of another, from <c>/proc</c>. Unlike wall time it says much the
/// same on a machine that is busy with something else.</summary>
internal static class CpuClock
{
    // What the kernel reports in; 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <param name="parent">A postmaster: its children are the server's processes. Those that have ended no longer count.</param>
    public static TimeSpan Spent(int parent)
    {
        var ticks = 0L;
        foreach (var folder in System.IO.Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            try
            {
                // pid (name) state ppid …: the name may hold anything, so count from its end.
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                if (int.Parse(fields[1], CultureInfo.InvariantCulture) == parent || Path.GetFileName(folder) == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
                {
                    ticks += long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
                }
            }
            catch (IOException)
            {
                // It ended while we were looking.
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }
}

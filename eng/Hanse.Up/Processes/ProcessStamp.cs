using System.Globalization;
using System.Text.Json.Serialization;

namespace Hanse.Up.Processes;

/// <summary>One process for good: its pid, the tick of its start, and the boot in which that was. A pid alone is given again.</summary>
internal sealed record ProcessStamp(int Pid, long Started, string Boot)
{
    /// <summary>True of this very process only. A zombie is dead.</summary>
    [JsonIgnore]
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Null when no process, or only a zombie, has the pid.</summary>
    public static ProcessStamp? Of(int pid)
    {
        try
        {
            // The name in parentheses may hold anything; the fields after the last parenthesis are state (3), …, starttime (22).
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new ProcessStamp(pid, long.Parse(fields[19], CultureInfo.InvariantCulture), BootId());
        }
        catch (IOException)
        {
            return null; // It is gone.
        }
    }

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}

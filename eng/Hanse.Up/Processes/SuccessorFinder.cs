using System.Globalization;
using Hanse.Up.State;

namespace Hanse.Up.Processes;

/// <summary>Finds the gateway that took over from the one that was started: an upgrade in place is another process, of which only the gateway itself knew.</summary>
internal static class SuccessorFinder
{
    private const string Role = "gateway";

    /// <summary>The same state, with the process that goes on in place of a gateway that has ended.</summary>
    public static UpState Renew(UpState state) => state with { Processes = [.. state.Processes.Select(p => p.Role == Role && !p.IsAlive ? Find(p) ?? p : p)] };

    private static StartedProcess? Find(StartedProcess before) =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && IsOf(pid, before.DataDir) ? ProcessStamp.Of(pid) : null)
            .OfType<ProcessStamp>().MaxBy(stamp => stamp.Started) is { } stamp ? before with { Stamp = stamp } : null;

    /// <summary>A gateway on this very folder that was started to take over.</summary>
    private static bool IsOf(int pid, string folder)
    {
        try
        {
            var command = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return Path.GetFileName(command[0]) == "hanse-gateway" && command.Contains("--takeover") && command.SkipWhile(a => a != "--data").Skip(1).FirstOrDefault() == folder;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

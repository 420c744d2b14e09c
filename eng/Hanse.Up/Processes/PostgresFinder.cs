using System.Globalization;
using Hanse.Up.State;

namespace Hanse.Up.Processes;

/// <summary>Finds the private PostgreSQL of a server by the postmaster.pid in its data folder. It outlives a server that was killed,
/// so it is looked for and not remembered.</summary>
internal static class PostgresFinder
{
    public static IEnumerable<StartedProcess> Find(Places places)
    {
        foreach (var owner in Directory.Exists(places.Data) ? Directory.EnumerateDirectories(places.Data) : [])
        {
            foreach (var file in Candidates(Path.Combine(owner, "postgres")))
            {
                if (Read(file) is { } found)
                {
                    var folder = Path.GetDirectoryName(file)!;
                    yield return new StartedProcess("postgresql", Path.GetFileName(owner), found.Stamp, found.Socket, folder, Log(folder));
                }
            }
        }
    }

    private static IEnumerable<string> Candidates(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? Directory.EnumerateFiles(folder, "postmaster.pid", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }).ToList()
                : [];
        }
        catch (UnauthorizedAccessException)
        {
            return []; // Another account's: nothing that we started.
        }
    }

    /// <summary>The file may be stale: it counts only if its process is a PostgreSQL on this very folder.</summary>
    private static (ProcessStamp Stamp, string Socket)? Read(string file)
    {
        try
        {
            var lines = File.ReadAllLines(file);
            if (lines.Length < 5 || !int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || ProcessStamp.Of(pid) is not { } stamp)
            {
                return null;
            }

            var command = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            var folder = command.SkipWhile(a => a != "-D").Skip(1).FirstOrDefault();
            return folder is not null && Path.GetFullPath(folder) == Path.GetDirectoryName(file) ? (stamp, lines[4].Trim()) : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Log(string folder) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(folder)!, "*.log").FirstOrDefault() ?? Path.Combine(folder, "log");
}

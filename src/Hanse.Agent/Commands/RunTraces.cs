using Hanse.Agent.Commands.Journal;

namespace Hanse.Agent.Commands;

/// <summary>The files an execution leaves beside its journal: its script may hold secrets and is not kept.</summary>
internal static class RunTraces
{
    // Others may pass through, not look: the script in it belongs to its user alone.
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    internal static string CreateScratch(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, Passable);
        Directory.CreateDirectory(path, Passable);
        // The mask of the process may have taken bits away.
        File.SetUnixFileMode(Path.GetDirectoryName(path)!, Passable);
        File.SetUnixFileMode(path, Passable);
        return path;
    }

    internal static void Remove(ExecutionEntry entry)
    {
        File.Delete(Path.Combine(entry.Folder, "launch"));
        File.Delete(Path.Combine(entry.Folder, "script"));
        if (entry.Place is { Scratch.Length: > 0 } place && Directory.Exists(place.Scratch))
        {
            Directory.Delete(place.Scratch, recursive: true);
        }
    }
}

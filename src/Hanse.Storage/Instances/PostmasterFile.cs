using System.Globalization;

namespace Hanse.Storage.Instances;

/// <summary>
/// The <c>postmaster.pid</c> of a data folder. It outlives a PostgreSQL that was killed, and then its process id may be that of anyone:
/// <see cref="IsAlive"/> is true only of a PostgreSQL that serves this very folder.
/// </summary>
internal sealed record PostmasterFile(int ProcessId, string DataFolder, string SocketFolder, string Status)
{
    private const string FileName = "postmaster.pid";

    // Above the highest process id that Linux gives (2^22), so that it can belong to no process.
    private const int NobodysProcess = int.MaxValue - 1;

    public bool IsReady => Status == "ready";

    public bool IsStopping => Status == "stopping";

    /// <summary>Null when there is no such file, or it is too damaged to name a process.</summary>
    public static PostmasterFile? Read(string dataFolder)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(dataFolder, FileName));
            string Line(int number) => lines.Length >= number ? lines[number - 1].Trim() : "";
            return int.TryParse(Line(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var process)
                ? new PostmasterFile(Math.Abs(process), Line(2), Line(5), Line(8))
                : null;
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The process exists and was started on this data folder. A zombie has no command line and so is dead.</summary>
    public bool IsAlive()
    {
        var arguments = CommandLine(ProcessId);
        return arguments.Length > 0 && Path.GetFileName(arguments[0]) is "postgres" or "postmaster" &&
            arguments.SkipWhile(argument => argument != "-D").Skip(1).FirstOrDefault() is { } folder &&
            Path.GetFullPath(folder) == DataFolder;
    }

    /// <summary>
    /// Makes a stale file harmless when its process id has passed to another process, which would keep PostgreSQL from starting. The rest
    /// of the file stays, since by it PostgreSQL finds out whether orphaned backends still use the data.
    /// </summary>
    public static void Disown(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        var lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        if (lines.Length == 0)
        {
            // PostgreSQL does not start beside an empty one, such as a full disk leaves.
            File.Delete(path);
            return;
        }

        // Written in place: the file keeps its owner.
        lines[0] = NobodysProcess.ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }

    private static string[] CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No such process, it ended while being read, or it is one of an account whose processes are hidden from us.
            return [];
        }
    }
}

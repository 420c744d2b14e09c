using System.Security.Cryptography;
using System.Text;

namespace Hanse.Storage.Instances;

/// <summary>
/// Chooses and makes the folder of an instance's Unix socket: short, since the kernel takes 107 bytes for the socket's whole path, and
/// 0700, since whoever may connect is asked for no more than his account.
/// </summary>
internal static class SocketFolder
{
    private const int PathLimit = 107;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Passable = Private |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>The folders to try, best first.</summary>
    public static IReadOnlyList<string> Parents(ServerAccount account)
    {
        var parents = new List<string> { "/run/hanse" };
        if (!account.Switches && Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime)
        {
            parents.Add(Path.Combine(runtime, "hanse"));
        }

        parents.Add($"/tmp/hanse-{Environment.UserName}");
        return parents;
    }

    /// <summary>Makes <c>parent/hash of the data folder</c> under the first parent where that is possible.</summary>
    /// <exception cref="StorageRefusedException">It is possible nowhere; the message gives each reason.</exception>
    public static async Task<string> PrepareAsync(
        IReadOnlyList<string> parents, string dataFolder, ServerAccount account, CancellationToken cancel)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)))[..12];
        var reasons = new List<string>();
        foreach (var parent in parents)
        {
            var folder = Path.Combine(parent, name);
            if (Refusal(parent, folder) is { } reason)
            {
                reasons.Add(reason);
                continue;
            }

            await account.TakeAsync(folder, cancel);
            return folder;
        }

        throw new StorageRefusedException(
            StorageErrorCodes.SocketFolder,
            $"There is no folder for the socket of PostgreSQL. {string.Join(" ", reasons)} Make {parents[0]} and give it to " +
            $"{Environment.UserName}.");
    }

    /// <summary>Removes the sockets of a PostgreSQL that is gone: the folder is one instance's alone.</summary>
    public static void Clear(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, ".s.PGSQL.*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Removes the folder of an instance that was stopped, unless it holds anything: then it is not ours alone.</summary>
    public static void Remove(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    private static string? Refusal(string parent, string folder)
    {
        var length = Encoding.UTF8.GetByteCount($"{folder}/.s.PGSQL.{PostgresConfiguration.Port}");
        if (length > PathLimit)
        {
            return $"{folder} is too long: the socket's path would be of {length} bytes, and {PathLimit} are the limit.";
        }

        try
        {
            if (!Directory.Exists(parent))
            {
                // Others may have to pass it (PostgreSQL's account when we are root), whatever our umask says.
                Directory.CreateDirectory(parent);
                File.SetUnixFileMode(parent, Passable);
            }

            Directory.CreateDirectory(folder);
            if (new DirectoryInfo(parent).LinkTarget is not null || new DirectoryInfo(folder).LinkTarget is not null)
            {
                return $"{folder} is reached by a symbolic link, which someone else may have laid.";
            }

            // Fails unless the folder is ours, so one that another account laid out in /tmp is not used.
            File.SetUnixFileMode(folder, Private);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{folder} cannot be used ({error.Message})";
        }
    }
}

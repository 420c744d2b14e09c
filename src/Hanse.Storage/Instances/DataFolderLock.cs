using System.Globalization;

namespace Hanse.Storage.Instances;

/// <summary>
/// Held by the one live process that uses a data folder. It is a lock of the kernel on an open file, so it ends with the process however
/// that ends, and a lock file that is left behind blocks no one. It is not passed on to PostgreSQL.
/// </summary>
public sealed class DataFolderLock : IDisposable
{
    private const string FileName = "hanse.lock";

    // Apart from the lock itself, since .NET locks a file to read it as well.
    private const string HolderFileName = "hanse.pid";

    // The errno that flock(2) leaves in HResult when another holds the lock.
    private const int WouldBlock = 11;

    private readonly FileStream _file;

    private DataFolderLock(FileStream file, string folder)
    {
        _file = file;
        try
        {
            // Put in place whole, so that whoever reads it now reads one that no one is writing.
            var path = Path.Combine(folder, HolderFileName);
            File.WriteAllText(path + ".new", Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            File.Move(path + ".new", path, overwrite: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes the lock of a folder, which is made when missing.</summary>
    /// <exception cref="StorageRefusedException">Another process holds it (it is named), or the folder is not ours to write.</exception>
    public static DataFolderLock Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);

            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix, between processes and within one.
            var file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataFolderLock(file, folder);
        }
        catch (IOException error) when (error.HResult == WouldBlock)
        {
            throw new StorageRefusedException(
                StorageErrorCodes.DataFolderInUse,
                $"The data folder {folder} is in use by hanse, process {Holder(folder)}. Stop that one first, or give this one a data folder " +
                "of its own (dataDir).",
                error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StorageRefusedException(
                StorageErrorCodes.DataFolderForeign,
                $"The data folder {folder} is not {Environment.UserName}'s to write. Run hanse as the account that made it, or give this " +
                "one a data folder of its own (dataDir).",
                error);
        }
    }

    /// <summary>Lets go. The file stays: removing it would let two processes lock two files of one name.</summary>
    public void Dispose() => _file.Dispose();

    private static string Holder(string folder)
    {
        var path = Path.Combine(folder, HolderFileName);
        return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } holder ? holder : "unknown (it is just starting)";
    }
}

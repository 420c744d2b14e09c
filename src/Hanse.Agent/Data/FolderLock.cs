using System.Globalization;
using Hanse.Agent.Native;

namespace Hanse.Agent.Data;

/// <summary>Held by the one process that uses a data folder, for as long as it lives. The kernel lets go of it when the process dies, so
/// there is no stale lock.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Null if another process holds it; <paramref name="holder"/> is then that process's id as it wrote it, or empty.</summary>
    internal static FolderLock? TryTake(AgentFolder folder, out string holder)
    {
        PrivateFolder.Create(folder.Root);
        holder = "";
        try
        {
            var file = new FileStream(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new FolderLock(file);
        }
        catch (IOException) when (File.Exists(folder.Lock))
        {
            holder = Holder(folder);
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    // Read by the system's own calls: .NET would ask for the very lock that is taken.
    private static unsafe string Holder(AgentFolder folder)
    {
        const int longest = 16;
        var descriptor = Libc.Open(folder.Lock, Libc.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return "";
        }

        var bytes = stackalloc byte[longest];
        var count = (int)Libc.Read(descriptor, bytes, longest);
        _ = Libc.Close(descriptor);
        return System.Text.Encoding.ASCII.GetString(bytes, Math.Max(0, count)).Trim();
    }
}

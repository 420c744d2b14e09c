using Hanse.Agent.Native;

namespace Hanse.Agent.Data;

/// <summary>Makes names durable: a file created in a folder is there after a power cut only once the folder itself was flushed.</summary>
internal static class DurableFolder
{
    internal static void Sync(string path)
    {
        var descriptor = Libc.Open(path, Libc.CloseOnExec, 0);
        if (descriptor >= 0)
        {
            _ = Libc.Sync(descriptor);
            _ = Libc.Close(descriptor);
        }
    }
}

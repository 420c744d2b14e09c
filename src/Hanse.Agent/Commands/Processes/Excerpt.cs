using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Processes;

/// <summary>The first and last 16 KiB of what was kept of a stream (U4); the length counts everything the script wrote.</summary>
internal static class Excerpt
{
    private const int Part = 16 * 1024;

    /// <param name="total">All bytes written; null where only the file knows (after a restart).</param>
    internal static StreamExcerpt Of(string path, long? total)
    {
        if (!File.Exists(path))
        {
            return new StreamExcerpt();
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var kept = file.Length;
        var head = Read(file, 0, (int)Math.Min(kept, Part));
        var tailFrom = Math.Max(Part, kept - Part);
        return new StreamExcerpt
        {
            Head = ByteString.CopyFrom(head),
            Tail = tailFrom < kept ? ByteString.CopyFrom(Read(file, tailFrom, (int)(kept - tailFrom))) : ByteString.Empty,
            Length = (ulong)(total ?? kept),
            Truncated = total > kept,
            Kept = (ulong)kept,
        };
    }

    private static byte[] Read(FileStream file, long offset, int count)
    {
        var bytes = new byte[count];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }
}

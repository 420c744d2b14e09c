using Google.Protobuf;
using Hanse.Agent.Commands.Journal;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>Hands out output in chunks from the offset the site acknowledged (D5). Offsets are kept in memory alone: after a restart the first
/// chunk is sent again, and the answer says where to go on. Files go when the site holds all of them. Thread-safe.</summary>
internal sealed class OutputPump(ExecutionJournal journal)
{
    private const int ChunkSize = 64 * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<(CommandId, OutputStream), long> _acknowledged = [];

    internal IReadOnlyList<OutputChunk> Next(int maximumBytes)
    {
        lock (_gate)
        {
            var chunks = new List<OutputChunk>();
            var room = maximumBytes;
            foreach (var entry in journal.Entries.Where(e => e is { OutputAcknowledged: false, Status: not null }))
            {
                if (room <= 0)
                {
                    break;
                }

                room -= Add(chunks, entry, OutputStream.Stdout, entry.Stdout, room);
                room -= Add(chunks, entry, OutputStream.Stderr, entry.Stderr, room);
                ForgetIfComplete(entry);
            }

            return chunks;
        }
    }

    internal void Acknowledge(IReadOnlyList<OutputOffset> offsets)
    {
        lock (_gate)
        {
            foreach (var offset in offsets.Where(o => o.CommandId.Length == 16))
            {
                var id = CommandId.FromBytes(offset.CommandId.Span);
                if (journal.Find(id) is { OutputAcknowledged: false } entry)
                {
                    // What the site says counts, backward too: it may have been restored.
                    _acknowledged[(id, offset.Stream)] = (long)Math.Min(offset.Acknowledged, long.MaxValue);
                    ForgetIfComplete(entry);
                }
            }
        }
    }

    private int Add(List<OutputChunk> chunks, ExecutionEntry entry, OutputStream stream, string path, int room)
    {
        var from = _acknowledged.GetValueOrDefault((entry.Id, stream));
        if (room <= 0 || Length(path) <= from)
        {
            return 0;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        var bytes = new byte[Math.Min(Math.Min(ChunkSize, room), file.Length - from)];
        file.Position = from;
        file.ReadExactly(bytes);
        chunks.Add(new OutputChunk
        {
            CommandId = entry.Id.ToWire(),
            Stream = stream,
            Offset = (ulong)from,
            Data = UnsafeByteOperations.UnsafeWrap(bytes),
        });
        return bytes.Length;
    }

    private void ForgetIfComplete(ExecutionEntry entry)
    {
        if (entry.HasEnded && IsDone(entry, OutputStream.Stdout, entry.Stdout) && IsDone(entry, OutputStream.Stderr, entry.Stderr))
        {
            journal.AcknowledgeOutput(entry);
            _acknowledged.Remove((entry.Id, OutputStream.Stdout));
            _acknowledged.Remove((entry.Id, OutputStream.Stderr));
        }
    }

    private bool IsDone(ExecutionEntry entry, OutputStream stream, string path) =>
        Length(path) <= _acknowledged.GetValueOrDefault((entry.Id, stream));

    private static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }
}

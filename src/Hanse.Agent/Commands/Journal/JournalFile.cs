using System.Buffers.Binary;
using System.Numerics;

namespace Hanse.Agent.Commands.Journal;

/// <summary>An append-only file of framed records: length, CRC-32C, kind, payload. A record is durable once <see cref="Append"/>
/// returned. A torn or damaged tail is cut off when the file is read, so that what follows is never appended to rubbish.</summary>
internal static class JournalFile
{
    private const int HeaderSize = 9;
    private const int MaximumPayload = 16 * 1024 * 1024;

    internal static void Append(string path, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderSize + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        frame[8] = (byte)kind;
        payload.CopyTo(frame.AsSpan(HeaderSize));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Checksum(frame.AsSpan(8)));
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, 0);
        var length = file.Length;
        try
        {
            file.Write(frame);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a frame (a full disk) would hide every later one.
            file.SetLength(length);
            throw;
        }
    }

    /// <summary>The whole records in order; the file is cut behind the last of them.</summary>
    internal static List<JournalRecord> Recover(string path)
    {
        var records = new List<JournalRecord>();
        if (!File.Exists(path))
        {
            return records;
        }

        var bytes = File.ReadAllBytes(path);
        var valid = Parse(bytes, records);
        if (valid < bytes.Length)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
            file.SetLength(valid);
            file.Flush(flushToDisk: true);
        }

        return records;
    }

    /// <summary>The whole records in order; the file is left as it is.</summary>
    internal static List<JournalRecord> Read(string path)
    {
        var records = new List<JournalRecord>();
        _ = Parse(File.ReadAllBytes(path), records);
        return records;
    }

    private static int Parse(byte[] bytes, List<JournalRecord> records)
    {
        var at = 0;
        while (bytes.Length - at >= HeaderSize)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
            if (length is < 0 or > MaximumPayload || length > bytes.Length - at - HeaderSize)
            {
                break;
            }

            var body = bytes.AsSpan(at + 8, length + 1);
            if (Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4)))
            {
                break;
            }

            records.Add(new JournalRecord((RecordKind)body[0], body[1..].ToArray()));
            at += HeaderSize + length;
        }

        return at;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        // Begun at all ones, so that a run of zero bytes (a file grown but not written) is not a valid record.
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}

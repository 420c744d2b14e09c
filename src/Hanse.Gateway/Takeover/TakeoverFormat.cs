using System.Text;
using Hanse.Gateway.Relay;

namespace Hanse.Gateway.Takeover;

/// <summary>The messages between a running gateway and the one that takes over, version 1. A process that does not know a version leaves everything as it is.</summary>
/// <remarks>Order: the newcomer's <c>Ask</c>; <c>Sockets</c>, any number of <c>Connections</c>, <c>All</c> of the running one; the newcomer's <c>Taken</c>. With
/// <c>Taken</c> everything is the newcomer's; before it, nothing is, and the running one goes on as if nothing had been.</remarks>
internal static class TakeoverFormat
{
    internal const ushort Version = 1;

    internal const byte Ask = 1;
    internal const byte Sockets = 2;
    internal const byte Connections = 3;
    internal const byte All = 4;
    internal const byte Taken = 5;
    internal const byte Refused = 6;

    private const uint Magic = 0x4f544748; // HGTO
    private const int LongestRecord = 600;
    private const int MostDescriptorsARecord = 6;

    internal static byte[] Plain(byte kind) => Write(kind, static _ => { });

    /// <summary>The end of what is passed, with the count of connections.</summary>
    internal static byte[] End(int connections) => Write(All, w => w.Write(connections));

    /// <summary>Named sockets: listeners are called <c>tcp</c>; others have the names they were registered under.</summary>
    internal static byte[] OfSockets(IReadOnlyList<string> names) => Write(Sockets, w =>
    {
        w.Write((ushort)names.Count);
        foreach (var name in names)
        {
            w.Write(name);
        }
    });

    /// <summary>As many messages as it takes for these connections.</summary>
    internal static IEnumerable<(byte[] Message, int[] Descriptors)> OfConnections(IEnumerable<ConnectionRecord> records)
    {
        var batch = new List<ConnectionRecord>();
        var descriptors = new List<int>();
        foreach (var record in records)
        {
            if (descriptors.Count + MostDescriptorsARecord > DescriptorChannel.MostDescriptors || (batch.Count + 1) * LongestRecord > DescriptorChannel.LongestMessage)
            {
                yield return (Write(batch), descriptors.ToArray());
                batch.Clear();
                descriptors.Clear();
            }

            batch.Add(record);
            descriptors.AddRange(record.Descriptors);
        }

        if (batch.Count > 0)
        {
            yield return (Write(batch), descriptors.ToArray());
        }
    }

    /// <summary>The kind of a message and its body; null for one of another version, or none at all.</summary>
    internal static (byte Kind, BinaryReader Body)? Open(byte[] message)
    {
        var reader = new BinaryReader(new MemoryStream(message), Encoding.UTF8);
        return message.Length >= 7 && reader.ReadUInt32() == Magic && reader.ReadUInt16() == Version ? (reader.ReadByte(), reader) : null;
    }

    internal static IReadOnlyList<string> ReadSockets(BinaryReader reader) => [.. Enumerable.Range(0, reader.ReadUInt16()).Select(_ => reader.ReadString())];

    /// <summary>The connections of a message.</summary>
    /// <exception cref="InvalidDataException">Its descriptors are not those it names.</exception>
    internal static IReadOnlyList<ConnectionRecord> ReadConnections(BinaryReader reader, IReadOnlyList<int> descriptors)
    {
        var records = new List<ConnectionRecord>();
        var next = 0;
        for (var count = reader.ReadUInt16(); count > 0; count--)
        {
            var route = reader.ReadString();
            var paired = reader.ReadBoolean();
            var (clientMarks, upstreamMarks) = ((EndMarks)reader.ReadUInt16(), (EndMarks)reader.ReadUInt16());
            var (fromClient, fromUpstream) = (reader.ReadInt32(), reader.ReadInt32());
            records.Add(new ConnectionRecord(route, Take(), paired ? Take() : -1)
            {
                ClientMarks = clientMarks & ConnectionRecord.Kept,
                UpstreamMarks = upstreamMarks & ConnectionRecord.Kept,
                FromClient = fromClient,
                FromClientPipe = fromClient > 0 ? new Pipe { Out = Take(), In = Take() } : default,
                FromUpstream = fromUpstream,
                FromUpstreamPipe = fromUpstream > 0 ? new Pipe { Out = Take(), In = Take() } : default,
            });
        }

        return next == descriptors.Count ? records : throw new InvalidDataException("A message of connections has more descriptors than it names.");

        int Take() => next < descriptors.Count ? descriptors[next++] : throw new InvalidDataException("A message of connections has fewer descriptors than it names.");
    }

    private static byte[] Write(List<ConnectionRecord> batch) => Write(Connections, w =>
    {
        w.Write((ushort)batch.Count);
        foreach (var record in batch)
        {
            w.Write(record.Route);
            w.Write(record.Upstream >= 0);
            w.Write((ushort)(record.ClientMarks & ConnectionRecord.Kept));
            w.Write((ushort)(record.UpstreamMarks & ConnectionRecord.Kept));
            w.Write(record.FromClient);
            w.Write(record.FromUpstream);
        }
    });

    private static byte[] Write(byte kind, Action<BinaryWriter> rest)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(kind);
        rest(writer);
        writer.Flush();
        return stream.ToArray();
    }
}

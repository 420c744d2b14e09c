using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Journal;

/// <summary>Payloads of journal records.</summary>
internal static class RecordCodec
{
    internal static byte[] Order(ExecutionOffer offer, ExecutionDeadline deadline) => Write(w =>
    {
        WriteDeadline(w, deadline);
        w.Write(offer.ToByteArray());
    });

    internal static (ExecutionDeadline Deadline, ExecutionOffer Offer) ReadOrder(byte[] payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload));
        var deadline = ReadDeadline(reader);
        return (deadline, ExecutionOffer.Parser.ParseFrom(payload.AsSpan((int)reader.BaseStream.Position)));
    }

    internal static byte[] Deadline(ExecutionDeadline deadline) => Write(w => WriteDeadline(w, deadline));

    internal static ExecutionDeadline ReadDeadline(byte[] payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload));
        return ReadDeadline(reader);
    }

    internal static byte[] Place(DateTimeOffset started, ExecutionPlace place) => Write(w =>
    {
        w.Write(started.ToUnixTimeMilliseconds());
        w.Write(place.Cgroup);
        w.Write(place.Scratch);
        w.Write(place.Pid);
        w.Write(place.StartTicks);
        w.Write(place.BootId);
    });

    internal static (DateTimeOffset Started, ExecutionPlace Place) ReadPlace(byte[] payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload));
        var started = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
        return (started, new ExecutionPlace(reader.ReadString(), reader.ReadString(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadString()));
    }

    private static void WriteDeadline(BinaryWriter writer, ExecutionDeadline deadline)
    {
        writer.Write(deadline.Wall.ToUnixTimeMilliseconds());
        writer.Write(deadline.BootId);
        writer.Write(deadline.Boot.Ticks);
    }

    private static ExecutionDeadline ReadDeadline(BinaryReader reader) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()), reader.ReadString(), TimeSpan.FromTicks(reader.ReadInt64()));

    private static byte[] Write(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }
}

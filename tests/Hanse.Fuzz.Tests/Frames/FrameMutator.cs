using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Body = Hanse.Protocol.Messages.Envelope.BodyOneofCase;

namespace Hanse.Fuzz.Tests.Frames;

/// <summary>Makes hostile frames out of recorded ones: bytes damaged anywhere, fields damaged inside a whole envelope, requests under another
/// method or number, and a few that no recording has. Pure but for its dice: the same dice give the same frames.</summary>
internal static class FrameMutator
{
    private static readonly uint[] Methods = [.. MethodManifest.All.Select(m => (uint)m.Method), 0, 1, 99, uint.MaxValue];

    public static byte[] Mutate(IReadOnlyList<byte[]> recorded, Random dice)
    {
        var frame = recorded[dice.Next(recorded.Count)];
        return dice.Next(6) switch
        {
            0 => ByteMutator.Mutate(frame, dice),
            1 => Spliced(frame, recorded[dice.Next(recorded.Count)], dice),
            2 => ByteMutator.Noise(dice, dice.Next(0, 4096)),
            _ => Whole(frame, dice),
        };
    }

    /// <summary>The frames of one link after its hello. Damage to a frame as such ends a link, so most are whole and damaged within.</summary>
    public static IReadOnlyList<byte[]> Session(IReadOnlyList<byte[]> recorded, Random dice)
    {
        var calls = recorded.Where(f => Read(f) is { BodyCase: not Body.Hello and not Body.Welcome }).ToList();
        return [.. Enumerable.Range(0, dice.Next(1, 40)).Select(_ => Whole(calls[dice.Next(calls.Count)], dice)), Mutate(recorded, dice)];
    }

    private static byte[] Whole(byte[] frame, Random dice) => dice.Next(12) switch
    {
        0 => frame, // twice, or out of its order
        1 => Envelope(dice).ToByteArray(),
        _ => OfFields(frame, dice),
    };

    private static byte[] OfFields(byte[] frame, Random dice)
    {
        var envelope = Read(frame);
        if (envelope.Request is not { } request || dice.Next(20) == 0)
        {
            return WireMutator.Mutate(frame, dice);
        }

        request.Id = (ulong)dice.NextInt64();
        if (dice.Next(12) == 0)
        {
            request.Method = Methods[dice.Next(Methods.Length)];
        }

        if (dice.Next(12) == 0)
        {
            request.TimeLeftMs = (uint)dice.Next(1, 50);
        }

        request.Payload = ByteString.CopyFrom(Plausible(request.Method, WireMutator.Mutate(request.Payload.ToByteArray(), dice), dice));
        return envelope.ToByteArray();
    }

    /// <summary>A section whose hash is wrong is refused at the door; half of the time the damage is to come further.</summary>
    private static byte[] Plausible(uint method, byte[] payload, Random dice)
    {
        if (method != (uint)Method.InventoryReport || dice.Next(2) == 0)
        {
            return payload;
        }

        try
        {
            var report = InventoryReport.Parser.ParseFrom(payload);
            foreach (var section in report.Sections)
            {
                section.Hash = ByteString.CopyFrom(SHA256.HashData(section.Body.Span));
            }

            return report.ToByteArray();
        }
        catch (InvalidProtocolBufferException)
        {
            return payload;
        }
    }

    private static Envelope Read(byte[] frame) => Protocol.Messages.Envelope.Parser.ParseFrom(frame);

    private static byte[] Spliced(byte[] one, byte[] other, Random dice) => [.. one[..dice.Next(one.Length + 1)], .. other[dice.Next(other.Length + 1)..]];

    private static Envelope Envelope(Random dice) => dice.Next(9) switch
    {
        0 => new() { StreamOpen = new StreamOpen { Id = (ulong)dice.Next(8), Method = Methods[dice.Next(Methods.Length)], Credit = (uint)dice.Next() } },
        1 => new() { StreamData = new StreamData { Id = (ulong)dice.Next(8), Payload = ByteString.CopyFrom(ByteMutator.Noise(dice, dice.Next(100_000))) } },
        2 => new() { StreamCredit = new StreamCredit { Id = (ulong)dice.Next(8), Bytes = uint.MaxValue } },
        3 => new() { StreamEnd = new StreamEnd { Id = (ulong)dice.Next(8) } },
        4 => new() { Ping = new Ping { Sequence = (ulong)dice.NextInt64() } },
        5 => new() { Pong = new Pong { Sequence = (ulong)dice.NextInt64(), HeartbeatMs = 1 } },
        6 => new() { Response = new Response { Id = (ulong)dice.Next(8), Payload = ByteString.CopyFrom(ByteMutator.Noise(dice, 30)) } },
        7 => new() { Event = new Event { Method = Methods[dice.Next(Methods.Length)] } },
        _ => new() { Request = new Request { Id = (ulong)dice.NextInt64(), Method = Methods[dice.Next(Methods.Length)], Payload = ByteString.CopyFrom(ByteMutator.Noise(dice, dice.Next(1_100_000))) } },
    };
}

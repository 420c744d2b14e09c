using Hanse.Fuzz.Tests.Frames;
using Hanse.TestKit.Hellos;

namespace Hanse.Fuzz.Tests.Hellos;

/// <summary>Damages recorded ClientHellos: blindly, or so that the records, the message's length or the other extensions stay right and the damage is met further in. Pure but for its dice.</summary>
internal static class HelloMutator
{
    /// <summary>What a relay looks at, at most.</summary>
    private const int LongestWire = 32768;

    /// <summary>What a message's extensions begin behind at least: header, version, random.</summary>
    private const int Fixed = 38;

    internal static byte[] Mutate(IReadOnlyList<RecordedHello> corpus, Random dice)
    {
        var hello = corpus[dice.Next(corpus.Count)];
        var wire = dice.Next(8) switch
        {
            0 => ByteMutator.Mutate(hello.Wire, dice),
            1 => ByteMutator.Mutate(Spread(hello.Message, dice), dice),
            2 => Spread(ByteMutator.Mutate(hello.Message, dice), dice),
            3 => Spread(Measured(ByteMutator.Mutate(hello.Message[4..], dice)), dice),
            4 => Spread(Measured([.. hello.Message[4..Fixed], .. ByteMutator.Mutate(hello.Message[Fixed..], dice)]), dice),
            5 => Spread(HelloBytes.Renamed(hello.Message, ByteMutator.Noise(dice, dice.Next(1, 300))), dice),
            6 => Spliced(hello.Wire, corpus[dice.Next(corpus.Count)].Wire, dice),
            _ => Spread(hello.Message, dice),
        };
        return wire.Length > LongestWire ? wire[..LongestWire] : wire;
    }

    /// <summary>In records of random sizes.</summary>
    internal static byte[] Spread(byte[] message, Random dice)
    {
        var most = dice.Next(4) == 0 ? 16 : 16384;
        var wire = new List<byte>();
        for (var at = 0; at < message.Length;)
        {
            var length = Math.Min(dice.Next(1, most + 1), message.Length - at);
            wire.AddRange(HelloBytes.Record(message.AsSpan(at, length)));
            at += length;
        }

        return [.. wire];
    }

    /// <summary>A body behind a header that has its length.</summary>
    private static byte[] Measured(byte[] body) => [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    private static byte[] Spliced(byte[] one, byte[] other, Random dice) => [.. one[..dice.Next(one.Length)], .. other[dice.Next(other.Length)..]];
}

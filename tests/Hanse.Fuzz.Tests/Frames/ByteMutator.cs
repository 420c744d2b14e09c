namespace Hanse.Fuzz.Tests.Frames;

/// <summary>Damages bytes that nobody knows the meaning of. Pure but for its dice.</summary>
internal static class ByteMutator
{
    private static readonly byte[] Telling = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x5c];

    public static byte[] Mutate(byte[] bytes, Random dice)
    {
        var damaged = bytes;
        for (var rounds = dice.Next(1, 4); rounds > 0; rounds--)
        {
            damaged = Once(damaged, dice);
        }

        return damaged;
    }

    private static byte[] Once(byte[] bytes, Random dice)
    {
        if (bytes.Length == 0)
        {
            return Noise(dice, dice.Next(0, 64));
        }

        var at = dice.Next(bytes.Length);
        var length = dice.Next(1, Math.Min(64, bytes.Length - at) + 1);
        return dice.Next(9) switch
        {
            0 => Changed(bytes, at, (byte)(bytes[at] ^ (1 << dice.Next(8)))),
            1 => Changed(bytes, at, Telling[dice.Next(Telling.Length)]),
            2 => bytes[..at],
            3 => [.. bytes[..at], .. bytes[(at + length)..]],
            4 => [.. bytes[..at], .. Noise(dice, length), .. bytes[at..]],
            5 => [.. bytes[..(at + length)], .. bytes[at..]],
            6 => [.. bytes[..at], .. Noise(dice, length), .. bytes[(at + length)..]],
            7 => [.. bytes[..at], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, .. bytes[at..]],
            _ => [.. bytes, .. Noise(dice, length)],
        };
    }

    public static byte[] Noise(Random dice, int length)
    {
        var noise = new byte[length];
        dice.NextBytes(noise);
        return noise;
    }

    private static byte[] Changed(byte[] bytes, int at, byte value)
    {
        var copy = bytes.ToArray();
        copy[at] = value;
        return copy;
    }
}

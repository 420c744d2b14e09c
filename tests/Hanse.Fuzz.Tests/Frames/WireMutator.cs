using Google.Protobuf;

namespace Hanse.Fuzz.Tests.Frames;

/// <summary>Damages one field of a message and leaves the wire form around it whole, so that the damage reaches what reads the field. A field of
/// bytes that parses as a message is, more often than not, entered. Pure but for its dice.</summary>
internal static class WireMutator
{
    private const int MaxDepth = 5;

    private static readonly ulong[] Numbers =
        [0, 1, 2, 16, 17, 127, 128, 255, 4096, 4097, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 40, long.MaxValue, 1UL << 63, ulong.MaxValue];

    /// <summary>The bytes themselves, damaged, when they are no message.</summary>
    public static byte[] Mutate(byte[] message, Random dice) => Mutate(message, dice, 0);

    private static byte[] Mutate(byte[] message, Random dice, int depth)
    {
        if (depth > MaxDepth || Read(message) is not { Count: > 0 } fields)
        {
            return ByteMutator.Mutate(message, dice);
        }

        var at = dice.Next(fields.Count);
        switch (dice.Next(10))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.Insert(dice.Next(fields.Count + 1), fields[at]);
                break;
            case 2:
                // Many of one: a list longer than anybody expects.
                fields.AddRange(Enumerable.Repeat(fields[at], dice.Next(2, 200)));
                break;
            default:
                fields[at] = Damaged(fields[at], dice, depth);
                break;
        }

        return Write(fields);
    }

    private static WireField Damaged(WireField field, Random dice, int depth) => field.Bytes switch
    {
        null => field with { Number = Numbers[dice.Next(Numbers.Length)] },
        { Length: > 0 } inner when dice.Next(4) > 0 && Read(inner) is { Count: > 0 } => field with { Bytes = Mutate(inner, dice, depth + 1) },
        var bytes => field with
        {
            Bytes = dice.Next(4) switch
            {
                0 => [],
                1 => ByteMutator.Noise(dice, 16),
                2 => ByteMutator.Noise(dice, dice.Next(70_000)),
                _ => ByteMutator.Mutate(bytes, dice),
            },
        },
    };

    /// <summary>Null for what is no sequence of fields. Fixed-size fields do not occur in Hanse's messages.</summary>
    private static List<WireField>? Read(byte[] message)
    {
        try
        {
            var fields = new List<WireField>();
            using var input = new CodedInputStream(message);
            while (input.ReadTag() is var tag and not 0)
            {
                switch (WireFormat.GetTagWireType(tag))
                {
                    case WireFormat.WireType.Varint:
                        fields.Add(new WireField(tag, input.ReadUInt64(), null));
                        break;
                    case WireFormat.WireType.LengthDelimited:
                        fields.Add(new WireField(tag, 0, input.ReadBytes().ToByteArray()));
                        break;
                    default:
                        return null;
                }
            }

            return fields;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static byte[] Write(List<WireField> fields)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            foreach (var field in fields)
            {
                output.WriteTag(field.Tag);
                if (field.Bytes is { } bytes)
                {
                    output.WriteBytes(ByteString.CopyFrom(bytes));
                }
                else
                {
                    output.WriteUInt64(field.Number);
                }
            }
        }

        return buffer.ToArray();
    }

    private readonly record struct WireField(uint Tag, ulong Number, byte[]? Bytes);
}

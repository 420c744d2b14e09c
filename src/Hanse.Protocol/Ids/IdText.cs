using System.Security.Cryptography;
using Google.Protobuf;

namespace Hanse.Protocol.Ids;

/// <summary>Making, reading and writing of ids, once for all kinds.</summary>
public static class IdText
{
    public static string Format(Guid value) => value.ToString("n");

    /// <summary>The 16 bytes of the wire, in the order of the text.</summary>
    public static ByteString ToWire<T>(this T id) where T : struct, IId<T> => ByteString.CopyFrom(ToBytes(id));

    public static byte[] ToBytes<T>(this T id) where T : struct, IId<T> => id.Value.ToByteArray(bigEndian: true);

    internal static T New<T>() where T : struct, IId<T> => FromBytes<T>(RandomNumberGenerator.GetBytes(16));

    internal static T FromBytes<T>(ReadOnlySpan<byte> bytes) where T : struct, IId<T> => bytes.Length == 16
        ? T.From(new Guid(bytes, bigEndian: true))
        : throw new FormatException($"An id is 16 bytes, not {bytes.Length}.");

    internal static T Parse<T>(string text) where T : struct, IId<T> =>
        TryParse<T>(text, out var id) ? id : throw new FormatException("An id is 32 hexadecimal digits.");

    internal static bool TryParse<T>(string? text, out T id) where T : struct, IId<T>
    {
        var ok = Guid.TryParseExact(text, "n", out var value);
        id = ok ? T.From(value) : default;
        return ok;
    }
}

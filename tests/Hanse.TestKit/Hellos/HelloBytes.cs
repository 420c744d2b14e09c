using System.Text;

namespace Hanse.TestKit.Hellos;

/// <summary>Hand-made ClientHellos, and ways to spread any over records and to change them.</summary>
public static class HelloBytes
{
    /// <summary>A legal hello in one record; the padding makes it as large as wanted.</summary>
    public static byte[] Make(string? name, int padding = 0) => Record(Message(name is null ? [] : Names(Encoding.UTF8.GetBytes(name)), padding));

    /// <summary>A legal handshake message of exactly this many bytes.</summary>
    public static byte[] MakeOfSize(string name, int size) => Message(Names(Encoding.UTF8.GetBytes(name)), size - Message(Names(Encoding.UTF8.GetBytes(name)), 0).Length);

    /// <summary>The extension of this server name.</summary>
    public static byte[] Names(byte[] name) => Extension(0, Prefixed(2, [0, .. Prefixed(2, name)]));

    /// <summary>A message with these extensions, and one of padding so large.</summary>
    public static byte[] Message(byte[] extensions, int padding)
    {
        byte[] all = padding == 0 ? [.. extensions, .. Extension(21, [])] : [.. extensions, .. Extension(21, new byte[padding])];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, .. Prefixed(2, all)];
        return [1, .. Prefixed(3, body)];
    }

    /// <summary>An extension.</summary>
    public static byte[] Extension(ushort type, byte[] value) => [(byte)(type >> 8), (byte)type, .. Prefixed(2, value)];

    /// <summary>One record of the handshake.</summary>
    public static byte[] Record(ReadOnlySpan<byte> payload) => [22, 3, 1, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    /// <summary>The message in records of so many bytes.</summary>
    public static byte[] Split(ReadOnlySpan<byte> message, int each)
    {
        var wire = new List<byte>();
        for (var at = 0; at < message.Length; at += each)
        {
            wire.AddRange(Record(message.Slice(at, Math.Min(each, message.Length - at))));
        }

        return [.. wire];
    }

    /// <summary>The message with this server name in place of its own, or beside its other extensions if it had none.</summary>
    public static byte[] Renamed(byte[] message, byte[] name)
    {
        // Header, version, random; session id; cipher suites; compression methods.
        var at = 38;
        at += 1 + message[at];
        at += 2 + (message[at] << 8) + message[at + 1];
        at += 1 + message[at];
        var (begin, others) = (at, new List<byte>());
        for (at += 2; at < message.Length;)
        {
            var length = 4 + (message[at + 2] << 8) + message[at + 3];
            others.AddRange((message[at] << 8) + message[at + 1] == 0 ? [] : message[at..(at + length)]);
            at += length;
        }

        byte[] body = [.. message[4..begin], .. Prefixed(2, [.. Names(name), .. others])];
        return [1, .. Prefixed(3, body)];
    }

    private static byte[] Prefixed(int bytes, byte[] value) =>
        bytes == 1 ? [(byte)value.Length, .. value]
        : bytes == 2 ? [(byte)(value.Length >> 8), (byte)value.Length, .. value]
        : [(byte)(value.Length >> 16), (byte)(value.Length >> 8), (byte)value.Length, .. value];
}

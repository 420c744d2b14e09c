using System.Buffers.Binary;

namespace Hanse.Protocol.Datagrams;

/// <summary>The PROXY protocol, version 2, before a datagram: a gateway's word on whose it is. A datagram of ours never begins so. A site takes it off what comes
/// from a gateway that it was told of, and from nobody else. It is for people: nothing is decided by it (G2).</summary>
public static class SourcePrefix
{
    private const int HeadBytes = 16;

    /// <summary>The longest a gateway writes; one with more is malformed.</summary>
    public const int MaxBytes = 52;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>True for what begins as a prefix does.</summary>
    public static bool IsAt(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Signature);

    /// <summary>The datagram behind the prefix; what has none, or one that is cut, is given back as it is.</summary>
    public static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes || !bytes.StartsWith(Signature))
        {
            return bytes;
        }

        var length = HeadBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        return length <= Math.Min(MaxBytes, bytes.Length) ? bytes[length..] : bytes;
    }

    /// <summary>Writes a prefix for UDP and returns its length. The destination is left zero: to a gateway it is itself.</summary>
    /// <param name="prefix">Room for <see cref="MaxBytes"/>.</param>
    /// <param name="host">4 or 16 bytes.</param>
    /// <param name="port">0 when it is nobody's business.</param>
    public static int Write(Span<byte> prefix, ReadOnlySpan<byte> host, ushort port)
    {
        var addresses = (2 * host.Length) + 4;
        prefix[..(HeadBytes + addresses)].Clear();
        Signature.CopyTo(prefix);
        prefix[12] = 0x21; // version 2, PROXY
        prefix[13] = (byte)(host.Length == 4 ? 0x12 : 0x22); // UDP over IPv4 or IPv6
        prefix[15] = (byte)addresses;
        host.CopyTo(prefix[HeadBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(prefix[(HeadBytes + (2 * host.Length))..], port);
        return HeadBytes + addresses;
    }
}

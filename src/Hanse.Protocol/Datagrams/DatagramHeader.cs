using System.Buffers.Binary;

namespace Hanse.Protocol.Datagrams;

/// <summary>The open part of a datagram (G2), which the seal covers: version (1), route id (4), key id (8), sequence (8), big-endian. It is all that a gateway
/// reads.</summary>
public readonly record struct DatagramHeader(uint RouteId, ulong KeyId, ulong Sequence)
{
    public const byte Version = 1;
    public const int Bytes = 21;

    /// <summary>Of the seal that ends every datagram.</summary>
    public const int TagBytes = 16;

    /// <summary>The largest datagram: passes every path without being cut in pieces (IPv6 promises 1,280 bytes, its headers and UDP's included).</summary>
    public const int MaxDatagram = 1200;

    /// <summary>The largest content.</summary>
    public const int MaxPayload = MaxDatagram - Bytes - TagBytes;

    /// <summary>False for what cannot be a datagram of this version: too short, too long, another version, sequence 0.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out DatagramHeader header)
    {
        if (datagram.Length is < Bytes + TagBytes or > MaxDatagram || datagram[0] != Version)
        {
            header = default;
            return false;
        }

        header = new(
            BinaryPrimitives.ReadUInt32BigEndian(datagram[1..]), BinaryPrimitives.ReadUInt64BigEndian(datagram[5..]),
            BinaryPrimitives.ReadUInt64BigEndian(datagram[13..]));
        return header.Sequence != 0;
    }

    /// <summary>Writes the first <see cref="Bytes"/> bytes.</summary>
    public void Write(Span<byte> datagram)
    {
        datagram[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(datagram[1..], RouteId);
        BinaryPrimitives.WriteUInt64BigEndian(datagram[5..], KeyId);
        BinaryPrimitives.WriteUInt64BigEndian(datagram[13..], Sequence);
    }
}

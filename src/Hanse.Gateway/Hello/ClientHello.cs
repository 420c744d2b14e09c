using System.Buffers.Binary;

namespace Hanse.Gateway.Hello;

/// <summary>Reads the server name of a ClientHello that may be spread over TLS records in any way (RFC 8446 §5.1), down to a byte a record.</summary>
/// <remarks>Pure, and allocates nothing. It reads from the first byte each time, so that nothing is kept between two readings.</remarks>
internal static class ClientHello
{
    /// <summary>The longest handshake message that is read, its header included.</summary>
    internal const int Longest = 16384;

    /// <summary>The most bytes on the wire that are looked at: a hello of the longest size in reasonable records, or a small one in records of a byte.</summary>
    internal const int LongestWire = 32768;

    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;

    /// <param name="wire">All bytes that are there, from the connection's first one.</param>
    /// <param name="scratch">At least <see cref="Longest"/> bytes; used when the hello is in several records.</param>
    internal static HelloReading Read(ReadOnlySpan<byte> wire, Span<byte> scratch)
    {
        var at = 0;
        var gathered = 0;
        var whole = -1;
        while (true)
        {
            var header = wire[Math.Min(at, wire.Length)..];
            if (Judge(header, first: at == 0) is { } refused)
            {
                return new HelloReading(refused);
            }

            if (header.Length < RecordHeader)
            {
                return Incomplete(at + RecordHeader + Missing(whole, gathered));
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
            var there = header[RecordHeader..];
            there = there[..Math.Min(there.Length, length)];
            var single = at == 0 && there.Length >= MessageHeader;
            var message = single ? there : Gather(there, scratch, ref gathered);
            if (message.Length > 0 && message[0] != ClientHelloMessage)
            {
                return new HelloReading(HelloVerdict.Malformed);
            }

            if (whole < 0 && message.Length >= MessageHeader)
            {
                whole = MessageHeader + (int)(BinaryPrimitives.ReadUInt32BigEndian(message) & 0xffffff);
            }

            if (whole > Longest)
            {
                return new HelloReading(HelloVerdict.TooLarge);
            }

            if (whole >= 0 && message.Length >= whole)
            {
                return HelloBody.Read(message[MessageHeader..whole]);
            }

            if (there.Length < length)
            {
                // What the message needs, and one header more where it goes beyond this record.
                var missing = Missing(whole, message.Length);
                return Incomplete(at + RecordHeader + there.Length + missing + (missing > length - there.Length ? RecordHeader : 0));
            }

            gathered = single ? Copy(there, scratch) : gathered;
            at += RecordHeader + length;
        }
    }

    /// <summary>A record's header as far as it is there: null while it may be one of a hello.</summary>
    private static HelloVerdict? Judge(ReadOnlySpan<byte> header, bool first)
    {
        if ((header.Length > 0 && header[0] != HandshakeRecord) || (header.Length > 1 && header[1] != 3))
        {
            return first ? HelloVerdict.NotTls : HelloVerdict.Malformed;
        }

        // Empty handshake records are forbidden, and so are plain ones above 2^14.
        return header.Length >= RecordHeader && BinaryPrimitives.ReadUInt16BigEndian(header[3..]) is 0 or > 16384 ? HelloVerdict.Malformed : null;
    }

    /// <summary>The least that must still come of the message. Asking for all of it, not for the next record, keeps the readings of a hello in tiny records few.</summary>
    private static int Missing(int whole, int there) => (whole < 0 ? MessageHeader : whole) - there;

    private static HelloReading Incomplete(int needed) =>
        needed > LongestWire ? new HelloReading(HelloVerdict.TooLarge) : new HelloReading(HelloVerdict.Incomplete, needed);

    private static Span<byte> Gather(ReadOnlySpan<byte> part, Span<byte> scratch, scoped ref int gathered)
    {
        // What goes beyond the longest message is not looked at.
        part = part[..Math.Min(part.Length, Longest - gathered)];
        part.CopyTo(scratch[gathered..]);
        gathered += part.Length;
        return scratch[..gathered];
    }

    private static int Copy(ReadOnlySpan<byte> part, Span<byte> scratch)
    {
        part.CopyTo(scratch);
        return part.Length;
    }
}

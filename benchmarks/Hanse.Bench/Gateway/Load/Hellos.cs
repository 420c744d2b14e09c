using System.Buffers.Binary;
using System.Net.Security;
using System.Text;

namespace Hanse.Bench.Gateway.Load;

/// <summary>ClientHellos: what a real client says first, and legal forms of it that relays read wrong.</summary>
internal static class Hellos
{
    internal const string Echo = "echo.bench.example";
    internal const string Swallow = "swallow.bench.example";

    /// <summary>Names of upstreams that answer with a letter, A first.</summary>
    internal static readonly string[] Letters = ["a.bench.example", "b.bench.example", "c.bench.example", "d.bench.example"];

    /// <summary>The hello of .NET's TLS for a name, as it would leave this machine.</summary>
    internal static byte[] Real(string name)
    {
        using var wire = new Wire();
        using var tls = new SslStream(wire);
        try
        {
            tls.AuthenticateAsClient(name);
        }
        catch (IOException)
        {
            // Nobody answers: all that was wanted is what it said.
        }

        return wire.Said;
    }

    /// <summary>Legal hellos for a name, each in the pieces in which it is sent.</summary>
    internal static IEnumerable<(string What, byte[][] Pieces)> Corpus(string name)
    {
        var real = Real(name);
        var message = real[5..];
        yield return ("as .NET says it", [real]);
        yield return ("cut before the name", Cut(real, 20));
        yield return ("cut in its record's header", Cut(real, 3));
        yield return ("byte by byte at first", [.. real[..60].Select(b => new[] { b }), real[60..]]);
        yield return ("two records", [Split(message, 100)]);
        yield return ("records of 16 bytes", [Split(message, 16)]);
        yield return ("a record a byte", [Split(message, 1)]);
        yield return ("two records, two segments", Cut(Split(message, 100), 105));
        yield return ("records of 64 bytes, cut in the middle of one", Cut(Split(message, 64), 150));
        yield return ("capitals", [Record(Message(name.ToUpperInvariant(), 0, nameFirst: true))]);
        yield return ("the name last", [Record(Message(name, 200, nameFirst: false))]);
        yield return ("post-quantum size, the name last", [Record(Message(name, 1_800, nameFirst: false))]);
        yield return ("post-quantum size, the name last, two segments", Cut(Record(Message(name, 1_800, nameFirst: false)), 1_448));
        yield return ("15 KiB", [Record(Message(name, 15_000, nameFirst: true))]);
        yield return ("15 KiB, the name last, two segments", Cut(Record(Message(name, 15_000, nameFirst: false)), 9_000));
    }

    /// <summary>Hellos that clients send although RFC 6066, section 3, wants the name without a trailing dot.</summary>
    internal static IEnumerable<(string What, byte[][] Pieces)> NotLegal(string name) => [("a trailing dot", [Record(Message(name + ".", 0, nameFirst: true))])];

    private static byte[] Message(string name, int padding, bool nameFirst)
    {
        byte[] names = [0, 0, .. Prefixed(2, Prefixed(2, [0, .. Prefixed(2, Encoding.ASCII.GetBytes(name))]))];
        byte[] pad = [0, 21, .. Prefixed(2, new byte[padding])];
        byte[] versions = [0, 43, 0, 3, 2, 3, 4];
        byte[] extensions = nameFirst ? [.. names, .. versions, .. pad] : [.. versions, .. pad, .. names];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, .. Prefixed(2, extensions)];
        return [1, .. Prefixed(3, body)];
    }

    private static byte[] Prefixed(int bytes, byte[] value)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        return [.. length[(4 - bytes)..], .. value];
    }

    private static byte[] Record(byte[] payload) => [22, 3, 1, .. Prefixed(2, payload)];

    private static byte[] Split(byte[] message, int each) => [.. message.Chunk(each).SelectMany(Record)];

    private static byte[][] Cut(byte[] bytes, int at) => [bytes[..at], bytes[at..]];

    /// <summary>Keeps what is said to it, and ends.</summary>
    private sealed class Wire : MemoryStream
    {
        internal byte[] Said => ToArray();

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override int Read(Span<byte> buffer) => 0;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(0);
    }
}

using System.Text;

namespace Hanse.TestKit.Hellos;

/// <summary>Reads ClientHellos a byte at a time, straight down the page of RFC 8446 §4.1.2, §5.1 and RFC 6066 §3, with no thought for speed: what a fast reader is
/// compared with. It shares no code with one.</summary>
public static class SlowHelloReader
{
    private const int LongestMessage = 16384;

    /// <summary>What the bytes are.</summary>
    public enum Kind
    {
        /// <summary>So far it is one.</summary>
        Incomplete,

        /// <summary>A whole one.</summary>
        Complete,

        /// <summary>None, or one that breaks the rules, or is longer than is read.</summary>
        Bad,
    }

    /// <summary>The kind, and of a whole one the server name as it was sent, each byte as a character; empty when there is none.</summary>
    public static (Kind Kind, string Name) Read(ReadOnlySpan<byte> wire)
    {
        try
        {
            return (Kind.Complete, NameOf(MessageOf(wire.ToArray())));
        }
        catch (EndOfStreamException)
        {
            return (Kind.Incomplete, "");
        }
        catch (FormatException)
        {
            return (Kind.Bad, "");
        }
    }

    /// <summary>The handshake message, put together from its records.</summary>
    /// <exception cref="EndOfStreamException">It is not whole.</exception>
    /// <exception cref="FormatException">It is no hello.</exception>
    public static byte[] MessageOf(byte[] wire)
    {
        using var payload = Payload(wire).GetEnumerator();
        List<byte> message = [Next(payload)];
        Require(message[0] == 1);
        message.AddRange([Next(payload), Next(payload), Next(payload)]);
        var whole = 4 + (message[1] << 16) + (message[2] << 8) + message[3];
        Require(whole <= LongestMessage);
        while (message.Count < whole)
        {
            message.Add(Next(payload));
        }

        return [.. message];
    }

    /// <summary>How many bytes of the wire it is, to the end of the record in which the message ends.</summary>
    public static int LengthOf(byte[] wire)
    {
        var (left, at) = (MessageOf(wire).Length, 0);
        while (left > 0)
        {
            var length = (wire[at + 3] << 8) + wire[at + 4];
            (left, at) = (left - length, at + 5 + length);
        }

        return at;
    }

    private static byte Next(IEnumerator<byte> payload)
    {
        _ = payload.MoveNext();
        return payload.Current;
    }

    private static IEnumerable<byte> Payload(byte[] wire)
    {
        var at = 0;
        while (true)
        {
            Require(At(wire, at) == 22);
            Require(At(wire, at + 1) == 3);
            var length = (At(wire, at + 3) << 8) + At(wire, at + 4);
            Require(length is > 0 and <= 16384);
            at += 5;
            for (var end = at + length; at < end; at++)
            {
                yield return At(wire, at);
            }
        }
    }

    private static byte At(byte[] wire, int place) => place < wire.Length ? wire[place] : throw new EndOfStreamException();

    private static string NameOf(byte[] message)
    {
        var body = new Queue<byte>(message.Skip(4));
        _ = Bytes(body, 34);
        Require(Vector(body, 1).Count <= 32);
        Require(Vector(body, 2).Count is > 0 and var suites && suites % 2 == 0);
        Require(Vector(body, 1).Count > 0);
        if (body.Count == 0)
        {
            return "";
        }

        var extensions = Vector(body, 2);
        Require(body.Count == 0);
        var names = new List<string>();
        while (extensions.Count > 0)
        {
            var type = Number(extensions, 2);
            var value = Vector(extensions, 2);
            if (type == 0)
            {
                names.Add(HostName(value));
            }
        }

        Require(names.Count <= 1);
        return names.SingleOrDefault("");
    }

    private static string HostName(Queue<byte> value)
    {
        var list = Vector(value, 2);
        Require(value.Count == 0);
        var names = new List<string>();
        while (list.Count > 0)
        {
            var type = Number(list, 1);
            var name = Vector(list, 2);
            Require(name.Count > 0);
            if (type == 0)
            {
                names.Add(Encoding.Latin1.GetString([.. name]));
            }
        }

        Require(names.Count == 1);
        return names[0];
    }

    private static Queue<byte> Vector(Queue<byte> from, int lengthBytes) => Bytes(from, Number(from, lengthBytes));

    private static int Number(Queue<byte> from, int bytes) => Bytes(from, bytes).Aggregate(0, (sum, b) => (sum << 8) + b);

    private static Queue<byte> Bytes(Queue<byte> from, int count)
    {
        Require(from.Count >= count);
        return new Queue<byte>(Enumerable.Range(0, count).Select(_ => from.Dequeue()));
    }

    private static void Require(bool rule)
    {
        if (!rule)
        {
            throw new FormatException("This is no ClientHello.");
        }
    }
}

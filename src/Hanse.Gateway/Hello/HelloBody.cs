using System.Buffers.Binary;

namespace Hanse.Gateway.Hello;

/// <summary>The fields of a whole ClientHello (RFC 8446 §4.1.2), read for the server name (RFC 6066 §3).</summary>
internal static class HelloBody
{
    private const int LongestSession = 32;

    internal static HelloReading Read(ReadOnlySpan<byte> body)
    {
        // Version and random, session id, cipher suites, compression methods.
        if (body.Length < 34)
        {
            return Malformed;
        }

        var rest = body[34..];
        if (!Take(ref rest, 1, out var session) || session.Length > LongestSession ||
            !Take(ref rest, 2, out var suites) || suites.Length < 2 || suites.Length % 2 != 0 ||
            !Take(ref rest, 1, out var compressions) || compressions.IsEmpty)
        {
            return Malformed;
        }

        // Before extensions there were hellos that end here.
        if (rest.IsEmpty)
        {
            return new HelloReading(HelloVerdict.Complete);
        }

        return Take(ref rest, 2, out var extensions) && rest.IsEmpty ? Extensions(extensions) : Malformed;
    }

    private static HelloReading Malformed => new(HelloVerdict.Malformed);

    private static HelloReading Extensions(ReadOnlySpan<byte> extensions)
    {
        ReadOnlySpan<byte> name = default;
        var named = false;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 4)
            {
                return Malformed;
            }

            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!Take(ref extensions, 2, out var value))
            {
                return Malformed;
            }

            if (type == 0)
            {
                // Twice would let two readers see two names.
                if (named || !Names(value, out name))
                {
                    return Malformed;
                }

                named = true;
            }
        }

        return new HelloReading(HelloVerdict.Complete, 0, name);
    }

    /// <summary>The one host name of the list; a list without one is not legal, and neither is one with two.</summary>
    private static bool Names(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Take(ref value, 2, out var list) || !value.IsEmpty)
        {
            return false;
        }

        while (!list.IsEmpty)
        {
            var type = list[0];
            list = list[1..];
            if (!Take(ref list, 2, out var entry) || entry.IsEmpty || (type == 0 && !name.IsEmpty))
            {
                return false;
            }

            name = type == 0 ? entry : name;
        }

        return !name.IsEmpty;
    }

    /// <summary>A field whose length stands before it in so many bytes.</summary>
    private static bool Take(scoped ref ReadOnlySpan<byte> rest, int lengthBytes, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (rest.Length < lengthBytes)
        {
            return false;
        }

        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length - lengthBytes < length)
        {
            return false;
        }

        field = rest.Slice(lengthBytes, length);
        rest = rest[(lengthBytes + length)..];
        return true;
    }
}

using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>The PROXY protocol, version 2: tells an upstream who its client is, before the client's first byte.</summary>
internal static unsafe class ProxyHeader
{
    internal const int Longest = 52;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Sends the header where the route wants one. False when the upstream does not take it, or the route is gone.</summary>
    internal static bool Send(int client, int upstream, Route? route)
    {
        if (route is not { Spec.ProxyProtocol: true })
        {
            return route is not null;
        }

        var from = stackalloc byte[SocketAddress.Size];
        var to = stackalloc byte[SocketAddress.Size];
        uint fromLength = SocketAddress.Size, toLength = SocketAddress.Size;
        if (Linux.PeerName(client, from, &fromLength) != 0 || Linux.OwnName(client, to, &toLength) != 0)
        {
            return false;
        }

        var header = stackalloc byte[Longest];
        var length = Write(new Span<byte>(header, Longest), new ReadOnlySpan<byte>(from, SocketAddress.Size), new ReadOnlySpan<byte>(to, SocketAddress.Size));
        return Linux.Send(upstream, header, length, Linux.DontWait | Linux.NoSignal) == length;
    }

    /// <summary>Writes the header of a TCP connection and returns its length.</summary>
    internal static int Write(Span<byte> header, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var source = SocketAddress.Host(from);
        var target = SocketAddress.Host(to);
        Signature.CopyTo(header);
        header[12] = 0x21; // version 2, PROXY
        header[13] = (byte)(source.Length == 4 ? 0x11 : 0x21); // TCP over IPv4 or IPv6
        var addresses = (2 * source.Length) + 4;
        header[14] = 0;
        header[15] = (byte)addresses;
        source.CopyTo(header[16..]);
        target.CopyTo(header[(16 + source.Length)..]);
        from.Slice(2, 2).CopyTo(header[(16 + (2 * source.Length))..]);
        to.Slice(2, 2).CopyTo(header[(18 + (2 * source.Length))..]);
        return 16 + addresses;
    }
}

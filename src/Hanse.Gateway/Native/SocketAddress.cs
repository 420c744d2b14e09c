using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Hanse.Gateway.Native;

/// <summary>The kernel's form of addresses, <c>sockaddr_in</c> and <c>sockaddr_in6</c>.</summary>
internal static class SocketAddress
{
    /// <summary>Holds either form.</summary>
    internal const int Size = 28;

    internal static byte[] Of(IPEndPoint point)
    {
        var v4 = point.AddressFamily == AddressFamily.InterNetwork;
        var bytes = new byte[v4 ? 16 : Size];
        BitConverter.TryWriteBytes(bytes, (ushort)(v4 ? Linux.Family4 : Linux.Family6));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)point.Port);
        point.Address.TryWriteBytes(bytes.AsSpan(v4 ? 4 : 8), out _);
        if (!v4)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(24), (uint)point.Address.ScopeId);
        }

        return bytes;
    }

    internal static bool Is4(ReadOnlySpan<byte> address) => BitConverter.ToUInt16(address) == Linux.Family4;

    internal static ushort Port(ReadOnlySpan<byte> address) => BinaryPrimitives.ReadUInt16BigEndian(address[2..]);

    /// <summary>The address alone: four bytes, or sixteen. An IPv4 client of an IPv6 listener is an IPv4 client.</summary>
    internal static ReadOnlySpan<byte> Host(ReadOnlySpan<byte> address)
    {
        if (Is4(address))
        {
            return address.Slice(4, 4);
        }

        var host = address.Slice(8, 16);
        return IsMapped(host) ? host[12..] : host;
    }

    internal static IPEndPoint Point(ReadOnlySpan<byte> address) => new(new IPAddress(Host(address)), Port(address));

    private static bool IsMapped(ReadOnlySpan<byte> host) =>
        host[..10].IndexOfAnyExcept((byte)0) < 0 && host[10] == 0xff && host[11] == 0xff;
}

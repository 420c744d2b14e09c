using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hanse.Gateway.Native;

/// <summary>Makes UDP sockets with room for bursts.</summary>
internal static unsafe class DatagramSocket
{
    /// <summary>Half a second of 150,000 small datagrams a second, as the kernel counts them. Unprivileged it grants no more than net.core.rmem_max.</summary>
    private const int BufferBytes = 32 * 1024 * 1024;

    /// <summary>A socket that receives at a place, without waiting.</summary>
    /// <exception cref="IOException">The place cannot be had.</exception>
    internal static int Listen(IPEndPoint place)
    {
        var descriptor = Open(place.AddressFamily);
        if (descriptor < 0)
        {
            throw new IOException($"The system gives no UDP socket: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }

        var address = SocketAddress.Of(place);
        fixed (byte* bytes = address)
        {
            if (Linux.Bind(descriptor, bytes, (uint)address.Length) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                _ = Linux.Close(descriptor);
                throw new IOException($"UDP {place} cannot be listened on: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }

        return descriptor;
    }

    /// <summary>Where a socket is bound.</summary>
    internal static IPEndPoint PlaceOf(int descriptor)
    {
        var address = stackalloc byte[SocketAddress.Size];
        uint length = SocketAddress.Size;
        _ = Linux.OwnName(descriptor, address, &length);
        return SocketAddress.Is4(new ReadOnlySpan<byte>(address, SocketAddress.Size))
            ? SocketAddress.Point(new ReadOnlySpan<byte>(address, SocketAddress.Size))
            : new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(address + 8, 16)), SocketAddress.Port(new ReadOnlySpan<byte>(address, SocketAddress.Size)));
    }

    /// <summary>A socket that sends to anywhere of a family, or -1; a full buffer makes it wait.</summary>
    internal static int Sender(AddressFamily family) => Open(family);

    private static int Open(AddressFamily family)
    {
        var descriptor = Linux.Socket(family == AddressFamily.InterNetwork ? Linux.Family4 : Linux.Family6, DatagramCalls.Datagram | Linux.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return -1;
        }

        var (bytes, both) = (BufferBytes, 0);
        if (Linux.SetOption(descriptor, Linux.LevelSocket, DatagramCalls.ReceiveBufferForce, &bytes, sizeof(int)) != 0)
        {
            _ = Linux.SetOption(descriptor, Linux.LevelSocket, DatagramCalls.ReceiveBuffer, &bytes, sizeof(int));
        }

        if (Linux.SetOption(descriptor, Linux.LevelSocket, DatagramCalls.SendBufferForce, &bytes, sizeof(int)) != 0)
        {
            _ = Linux.SetOption(descriptor, Linux.LevelSocket, DatagramCalls.SendBuffer, &bytes, sizeof(int));
        }

        if (family == AddressFamily.InterNetworkV6)
        {
            _ = Linux.SetOption(descriptor, Linux.LevelIpv6, Linux.Ipv6Only, &both, sizeof(int));
        }

        return descriptor;
    }
}

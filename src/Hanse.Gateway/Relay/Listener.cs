using System.Net;
using System.Runtime.InteropServices;
using Hanse.Gateway.Native;
using SocketAddress = Hanse.Gateway.Native.SocketAddress;

namespace Hanse.Gateway.Relay;

/// <summary>Opens listening sockets.</summary>
internal static unsafe class Listener
{
    private const int Backlog = 4096;

    /// <summary>A listening descriptor; an IPv6 wildcard also takes IPv4.</summary>
    /// <exception cref="IOException">The address cannot be had; says why.</exception>
    internal static int Open(IPEndPoint point)
    {
        var address = SocketAddress.Of(point);
        var socket = Linux.Socket(SocketAddress.Is4(address) ? Linux.Family4 : Linux.Family6, Linux.Stream | Linux.NonBlocking | Linux.CloseOnExec, 0);
        if (socket < 0)
        {
            throw Failure(point);
        }

        int on = 1, off = 0;
        _ = Linux.SetOption(socket, Linux.LevelSocket, Linux.ReuseAddress, &on, sizeof(int));
        _ = Linux.SetOption(socket, Linux.LevelIpv6, Linux.Ipv6Only, &off, sizeof(int));
        Dialer.Prepare(socket);
        fixed (byte* place = address)
        {
            if (Linux.Bind(socket, place, (uint)address.Length) != 0 || Linux.Listen(socket, Backlog) != 0)
            {
                var failure = Failure(point);
                _ = Linux.Close(socket);
                throw failure;
            }
        }

        return socket;
    }

    /// <summary>It keeps its address but listens no more: who waits in its queue is reset, who comes is refused.</summary>
    /// <remarks>One that is deaf is left as it is: another shutdown would mark the closed socket for good, and all that it accepts after the next listen is reset.</remarks>
    internal static void Deafen(int listener)
    {
        var listens = 0;
        var length = (uint)sizeof(int);
        if (Linux.GetOption(listener, Linux.LevelSocket, Linux.AcceptConnections, &listens, &length) == 0 && listens == 1)
        {
            _ = Linux.Shutdown(listener, Linux.ShutBoth);
        }
    }

    /// <summary>It listens again; one that never ceased to is left as it is.</summary>
    internal static void Hear(int listener) => _ = Linux.Listen(listener, Backlog);

    private static IOException Failure(IPEndPoint point) => new($"Cannot listen on {point}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. " +
        "Is it another program's, or a port below 1024 without the capability to bind it?");
}

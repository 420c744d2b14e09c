using System.Net;
using Hanse.Gateway.Native;
using SocketAddress = Hanse.Gateway.Native.SocketAddress;

namespace Hanse.Bench.Gateway.Load;

/// <summary>Sockets of the load, by plain system calls, so that it costs less than what it loads. On a loopback a dial that waits is over at once.</summary>
internal static unsafe class LoadSocket
{
    /// <summary>A place of this machine in the kernel's form.</summary>
    internal static byte[] Place(int port) => SocketAddress.Of(new IPEndPoint(IPAddress.Loopback, port));

    /// <exception cref="IOException">Nobody listens there, or there is no descriptor left.</exception>
    internal static int Dial(byte[] place, int type = Linux.Stream)
    {
        var socket = Linux.SocketFast(Linux.Family4, type | Linux.CloseOnExec, 0);
        var on = 1;
        if (type == Linux.Stream)
        {
            _ = Linux.SetOption(socket, Linux.LevelTcp, Linux.NoDelay, &on, sizeof(int));
        }

        fixed (byte* address = place)
        {
            return socket >= 0 && Linux.Connect(socket, address, (uint)place.Length) == 0
                ? socket
                : throw new IOException($"Port {SocketAddress.Port(place)} of this machine cannot be dialled (error {*Linux.ErrorPlace()}).");
        }
    }

    internal static void Say(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            _ = Linux.Send(socket, first, bytes.Length, Linux.NoSignal);
        }
    }
}

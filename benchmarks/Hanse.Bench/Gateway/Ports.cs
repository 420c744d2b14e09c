using System.Net;
using System.Net.Sockets;

namespace Hanse.Bench.Gateway;

/// <summary>Ports of this machine that nobody has, below those that the system gives to clients: thousands of dials must not take one.</summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Last = 32_000;
    private static int _next = First + (Environment.ProcessId * 31 % (Last - First));

    internal static int Free()
    {
        while (true)
        {
            _next = _next < Last ? _next + 1 : First;
            using var stream = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                stream.Bind(new IPEndPoint(IPAddress.Loopback, _next));
                datagrams.Bind(new IPEndPoint(IPAddress.Loopback, _next));
                return _next;
            }
            catch (SocketException)
            {
                // Somebody's: the next one.
            }
        }
    }
}

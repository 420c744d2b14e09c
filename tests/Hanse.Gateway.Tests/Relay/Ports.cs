using System.Net;
using System.Net.Sockets;

namespace Hanse.Gateway.Tests.Relay;

internal static class Ports
{
    /// <summary>A loopback address that nobody listens on.</summary>
    internal static IPEndPoint Free()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)probe.LocalEndPoint!;
    }
}

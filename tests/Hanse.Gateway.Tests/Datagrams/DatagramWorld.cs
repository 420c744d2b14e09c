using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Datagrams;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;
using Hanse.Protocol.Datagrams;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Datagrams;

/// <summary>A datagram plane on loopback, and what stands on both sides of it.</summary>
internal sealed class DatagramWorld : IDisposable
{
    private readonly RouteBook _book = new();
    private readonly List<Socket> _sockets = [];

    private readonly TcpListener _relay = new(IPAddress.Loopback, 0);

    internal DatagramWorld()
    {
        _relay.Start();
        Plane = new DatagramPlane(_book, GatewayLog.None);
        Plane.Start([(int)_relay.Server.Handle]);
        Door = (IPEndPoint)_relay.LocalEndpoint;
        Assert.Equal(Door, DatagramSocket.PlaceOf(Plane.Sockets[0]));
    }

    internal DatagramPlane Plane { get; }

    internal IPEndPoint Door { get; }

    /// <summary>These routes are in force from now on.</summary>
    internal void Routes(params RouteSpec[] routes) => _book.Swap(routes);

    internal static RouteSpec Route(uint id, params Socket[] sites) => new($"site-{id}", [$"link.s{id}.example"], [.. sites.Select(Place)]) { RouteId = id };

    internal static IPEndPoint Place(Socket socket) => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>A socket that sends or receives.</summary>
    internal Socket Socket(string address = "127.0.0.1")
    {
        var socket = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        _sockets.Add(socket);
        return socket;
    }

    internal void Send(Socket from, byte[] datagram) => from.SendTo(datagram, Door);

    /// <summary>A datagram as a gateway sees it: a header, and bytes that mean nothing to it.</summary>
    internal static byte[] Datagram(uint route, ulong key, ulong sequence, int length = 200)
    {
        var datagram = new byte[length];
        new DatagramHeader(route, key, sequence).Write(datagram);
        return datagram;
    }

    internal static async Task<byte[]> ReceiveAsync(Socket site)
    {
        var buffer = new byte[2048];
        var length = await Wait.ForTask("a datagram at the site", site.ReceiveAsync(buffer));
        return buffer[..length];
    }

    internal Task CountedAsync(string what, Func<DatagramCounters, long> counter, long count) =>
        Wait.For($"{count} {what}", () => counter(Plane.Counters) == count, found: () => $"{counter(Plane.Counters)}");

    public void Dispose()
    {
        Plane.Dispose();
        _relay.Dispose();
        _sockets.ForEach(s => s.Dispose());
    }
}

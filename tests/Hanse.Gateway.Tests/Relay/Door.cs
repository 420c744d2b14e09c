using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>A real relay on loopback, its routes and its counters.</summary>
internal sealed class Door : IDisposable
{
    private readonly RelayPlane _plane;

    internal Door(RelayOptions? options, params RouteSpec[] routes)
    {
        _plane = new RelayPlane(options ?? new RelayOptions { Workers = 2 }, new RouteBook(), GatewayLog.None);
        _plane.Swap(routes);
        Address = Ports.Free();
        _plane.Start([Address]);
    }

    internal IPEndPoint Address { get; }

    internal RelayPlane Plane => _plane;

    internal RelaySnapshot Counters => _plane.Snapshot();

    internal long Refused(Refusal cause) => Counters.Refusals[(int)cause];

    /// <param name="from">The client's address, one of loopback's; null for the usual one.</param>
    internal async Task<Socket> ConnectAsync(string? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        }

        await socket.ConnectAsync(Address);
        return socket;
    }

    /// <summary>Connects and says a hello.</summary>
    internal async Task<Socket> ConnectAsync(byte[] hello, string? from = null)
    {
        var socket = await ConnectAsync(from);
        await socket.SendAsync(hello);
        return socket;
    }

    internal Task Until(string what, Func<RelaySnapshot, bool> condition) =>
        Wait.For(what, () => condition(Counters), found: () => $"{Counters.Total.Live} live, {Counters.Greeting} greeting, {Counters.Accepted} accepted, refusals {string.Join(',', Counters.Refusals)}");

    public void Dispose() => _plane.Dispose();
}

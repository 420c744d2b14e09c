using System.Net;
using System.Net.Sockets;
using Hanse.Protocol.Datagrams;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging;

namespace Hanse.Site.Metrics;

/// <summary>The site's UDP port, beside its HTTPS port and of the same number. Receives and never sends (G2). A port that is taken is told once; hosts
/// then report over their links.</summary>
internal sealed partial class DatagramListener(DatagramIntake intake, SiteOptions options, IServer server, ILogger<DatagramListener> logger)
{
    /// <summary>What 10,000 hosts that come back in one second send; the kernel may grant less.</summary>
    private const int ReceiveBytes = 8 * 1024 * 1024;

    /// <summary>Where it listens; null while it does not.</summary>
    public IPEndPoint? Endpoint { get; private set; }

    /// <summary>Once the HTTPS port is open.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var socket = Open();
        if (socket is null)
        {
            return;
        }

        Endpoint = (IPEndPoint)socket.LocalEndPoint!;
        var buffer = GC.AllocateArray<byte>(SourcePrefix.MaxBytes + DatagramHeader.MaxDatagram + 1, pinned: true); // one more: what is too long shows
        var source = new SocketAddress(socket.AddressFamily);
        while (true)
        {
            try
            {
                var length = await socket.ReceiveFromAsync(buffer, SocketFlags.None, source, cancellation);
                intake.Take(buffer.AsSpan(0, length), byGateway: SourcePrefix.IsAt(buffer.AsSpan(0, length)) && IsGateway(source));
            }
            catch (SocketException failure)
            {
                // Of one datagram; the socket is as good as before.
                LogReceive(failure.Message);
            }
        }
    }

    private bool IsGateway(SocketAddress source)
    {
        if (options.Metrics.Gateways.Count == 0)
        {
            return false;
        }

        var address = ((IPEndPoint)new IPEndPoint(source.Family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0).Create(source)).Address;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return options.Metrics.Gateways.Any(g => g.Contains(address));
    }

    private Socket? Open()
    {
        if (Secure() is not { } endpoint)
        {
            return null;
        }

        var socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = ReceiveBytes };
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException taken)
        {
            LogTaken(endpoint, taken.Message);
            socket.Dispose();
            return null;
        }
    }

    private IPEndPoint? Secure() => server.Features.Get<IServerAddressesFeature>()?.Addresses
        .Where(a => a.StartsWith("https://", StringComparison.Ordinal)).Select(a => new Uri(a))
        .Select(a => IPAddress.TryParse(a.Host.Trim('[', ']'), out var address) ? new IPEndPoint(address, a.Port) : null)
        .FirstOrDefault();

    [LoggerMessage(1, LogLevel.Debug, "A datagram could not be received: {Why}")]
    private partial void LogReceive(string why);

    [LoggerMessage(2, LogLevel.Warning, "UDP {Endpoint} cannot be listened on, so hosts report metrics over their links: {Why}")]
    private partial void LogTaken(IPEndPoint endpoint, string why);
}

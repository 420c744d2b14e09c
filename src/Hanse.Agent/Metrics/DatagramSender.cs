using System.Net;
using System.Net.Sockets;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Messages;
using Hanse.Trust.Datagrams;
using Google.Protobuf;

namespace Hanse.Agent.Metrics;

/// <summary>Sends one key's datagrams to where the link goes. The socket is bound to no address: when the host's changes, the next datagram leaves from the
/// new one (G2).</summary>
internal sealed class DatagramSender : IDisposable
{
    private readonly DatagramSealer _sealer;
    private readonly Socket? _socket;
    private readonly SocketAddress? _target;
    private readonly byte[] _content = new byte[DatagramHeader.MaxPayload];
    private readonly byte[] _datagram = new byte[DatagramHeader.MaxDatagram];

    /// <param name="key">As the site gave it.</param>
    /// <param name="target">Where the link goes; null, where that is no internet address: nothing is ever sent then.</param>
    internal DatagramSender(MetricsKey key, IPEndPoint? target)
    {
        _sealer = new DatagramSealer(key.RouteId, key.KeyId, key.Key.Span);
        if (target is not null)
        {
            var reached = target.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(target.Address.MapToIPv4(), target.Port) : target;
            _socket = new Socket(reached.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            _target = reached.Serialize();
        }
    }

    /// <summary>Seals and sends a report that fits. What the network will not take at this moment is lost, as any datagram may be; the site's receipts tell.</summary>
    internal void Send(MetricsReport report)
    {
        if (_socket is null)
        {
            return;
        }

        var length = report.CalculateSize();
        report.WriteTo(_content.AsSpan(0, length));
        try
        {
            _socket.SendTo(_datagram.AsSpan(0, _sealer.Seal(_content.AsSpan(0, length), _datagram)), SocketFlags.None, _target!);
        }
        catch (SocketException)
        {
            // No route, no buffer, forbidden by a firewall: all the same to whom it does not reach.
        }
    }

    public void Dispose()
    {
        _sealer.Dispose();
        _socket?.Dispose();
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Datagrams;

namespace Hanse.Agent.Tests.Link;

/// <summary>What a site does with metrics: gives keys, opens datagrams, and says over the link which have come. While it is deaf the datagrams are lost, as
/// behind a firewall.</summary>
internal sealed class FakeMetrics : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _secret = DatagramKey.NewSecret();
    private readonly Lock _gate = new();
    private byte[] _key = [];
    private ReplayWindow _window;
    private ulong _received;

    internal FakeMetrics(IPEndPoint endpoint)
    {
        _socket.Bind(endpoint);
        _ = ListenAsync();
    }

    internal volatile bool Deaf;

    internal IReadOnlyList<MetricsPart> Parts { get; set; } = Enum.GetValues<MetricsPart>();

    internal uint RenewS { get; set; } = 86_400;

    internal ConcurrentQueue<MetricsKey> Keys { get; } = [];

    internal ConcurrentQueue<MetricsSample> ByDatagram { get; } = [];

    internal ConcurrentQueue<MetricsSample> ByLink { get; } = [];

    internal ConcurrentQueue<DatagramHeader> Headers { get; } = [];

    internal MetricsKey GiveKey(HostId host)
    {
        lock (_gate)
        {
            var id = DatagramKey.NewId();
            (_key, _window, _received) = (DatagramKey.Derive(_secret, host, id), default, 0);
            var key = new MetricsKey { KeyId = id, Key = ByteString.CopyFrom(_key), RouteId = 7, IntervalMs = 20, RenewS = RenewS, Parts = { Parts } };
            Keys.Enqueue(key);
            return key;
        }
    }

    internal MetricsReceipt Receive(MetricsReport report)
    {
        if (report.Sample is { } sample)
        {
            ByLink.Enqueue(sample);
        }

        lock (_gate)
        {
            return new MetricsReceipt { Highest = _window.Highest, Received = _received };
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ListenAsync()
    {
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var length = (await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0))).ReceivedBytes;
                if (!Deaf)
                {
                    Open(buffer.AsSpan(0, length));
                }
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Open(ReadOnlySpan<byte> datagram)
    {
        var content = new byte[datagram.Length];
        lock (_gate)
        {
            if (!DatagramHeader.TryRead(datagram, out var header) || !DatagramSeal.TryOpen(_key, header, datagram, content) || !_window.TryTake(header.Sequence))
            {
                return;
            }

            _received++;
            Headers.Enqueue(header);
            if (MetricsReport.Parser.ParseFrom(content.AsSpan(0, datagram.Length - DatagramHeader.Bytes - DatagramHeader.TagBytes)).Sample is { } sample)
            {
                ByDatagram.Enqueue(sample);
            }
        }
    }
}

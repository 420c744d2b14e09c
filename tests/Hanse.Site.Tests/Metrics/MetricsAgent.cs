using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Metrics;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Datagrams;

namespace Hanse.Site.Tests.Metrics;

/// <summary>A host with a datagram key, a socket of its own, and a memory of all that it sent.</summary>
internal sealed class MetricsAgent : IDisposable
{
    private readonly SiteHost _site;
    private readonly DatagramSealer _sealer;

    private MetricsAgent(SiteHost site, TestAgent agent, MetricsKey key) =>
        (_site, Agent, Key, _sealer) = (site, agent, key, new DatagramSealer(key.RouteId, key.KeyId, key.Key.Span));

    internal TestAgent Agent { get; }

    internal MetricsKey Key { get; }

    internal HostId Host => Agent.Host;

    internal Socket Socket { get; private set; } = From("127.0.0.1");

    internal List<byte[]> Sent { get; } = [];

    internal static async Task<MetricsAgent> StartAsync(SiteHost site, string name)
    {
        await ListeningAsync(site);
        var agent = await TestAgent.OnlineAsync(site, name);
        return new MetricsAgent(site, agent, await KeyAsync(agent));
    }

    internal static async Task<MetricsKey> KeyAsync(TestAgent agent) =>
        (await agent.AskAsync<MetricsKey>(Method.MetricsKey, new MetricsKeyRequest())).Value!;

    internal static Task ListeningAsync(SiteHost site) =>
        Wait.For("the site to listen for datagrams", () => site.Get<DatagramListener>().Endpoint?.Port == site.Address.Port);

    /// <summary>Its address changes; the key does not.</summary>
    internal void Move(string address)
    {
        Socket.Dispose();
        Socket = From(address);
    }

    internal byte[] Seal(MetricsSample? sample)
    {
        var datagram = new byte[DatagramHeader.MaxDatagram];
        var length = _sealer.Seal(new MetricsReport { Sample = sample }.ToByteArray(), datagram);
        return datagram[..length];
    }

    internal async Task SendAsync(MetricsSample? sample)
    {
        Sent.Add(Seal(sample));
        await ThrowAsync(Sent[^1], DatagramFate.Taken);
    }

    /// <summary>Bytes that reach the site, and what becomes of them.</summary>
    internal async Task ThrowAsync(byte[] datagram, DatagramFate fate)
    {
        var counts = _site.Get<DatagramCounts>();
        var before = counts[fate];
        Socket.SendTo(datagram, new IPEndPoint(IPAddress.Loopback, _site.Address.Port));
        await Wait.For($"a datagram to be {fate}", () => counts[fate] == before + 1);
    }

    internal async Task<MetricsReceipt> TellAsync(MetricsSample? sample = null) =>
        (await Agent.AskAsync<MetricsReceipt>(Method.MetricsReport, new MetricsReport { Sample = sample })).Value!;

    internal Task<HostMetrics?> ReadAsync(TimeSpan back, int points = 100, TimeSpan? until = null)
    {
        var to = _site.Clock.GetUtcNow() - (until ?? TimeSpan.Zero);
        return _site.Get<MetricsService>().ReadAsync(
            new HostMetricsQuery
            {
                HostId = Host.ToWire(), FromUnixMs = (_site.Clock.GetUtcNow() - back).ToUnixTimeMilliseconds(), ToUnixMs = to.ToUnixTimeMilliseconds(),
                Points = (uint)points,
            },
            default);
    }

    public void Dispose()
    {
        _sealer.Dispose();
        Socket.Dispose();
    }

    internal static MetricsSample Busy(uint permille) => new()
    {
        CpuPermille = permille, MemoryUsedKib = 1000, Load1Hundredths = permille,
        Processes = { new ProcessUse { Pid = 7, Name = "cc1", CpuPermille = permille } },
    };

    private static Socket From(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }
}

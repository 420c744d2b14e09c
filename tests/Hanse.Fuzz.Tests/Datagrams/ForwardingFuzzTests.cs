using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Hanse.Fuzz.Tests.Frames;
using Hanse.Gateway.Datagrams;
using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Datagrams;

namespace Hanse.Fuzz.Tests.Datagrams;

/// <summary>G2: whatever bytes come to a gateway's UDP port, what has the shape of a datagram of a known route goes on unchanged behind its source, in order; all else is
/// counted; and nothing ever goes back. Real sockets, seeded with datagrams as agents seal them.</summary>
public sealed class ForwardingFuzzTests : IDisposable
{
    private const int Cases = 10_000;
    private const int Batch = 100;
    private const uint Known = 7;
    private readonly Socket _site = Bound();
    private readonly Socket _source = Bound();
    private readonly IPEndPoint _place;
    private readonly int _door;

    public ForwardingFuzzTests()
    {
        using (var probe = Bound())
        {
            _place = (IPEndPoint)probe.LocalEndPoint!;
        }

        _door = DatagramSocket.Listen(_place);
    }

    [Fact]
    public void Forward_any_bytes_whole_or_not_at_all_and_never_back()
    {
        var book = new RouteBook();
        book.Swap([new RouteSpec("site", [], [(IPEndPoint)_site.LocalEndPoint!]) { RouteId = Known, ProxyProtocol = true }]);
        var routes = new DatagramRoutes(book.Current.Routes, 1);
        var counters = new DatagramCounters();
        using var worker = new DatagramWorker(counters, TimeSpan.FromMinutes(2), seed: 1, DatagramSocket.Sender);
        var corpus = Corpus();
        var rounds = Chance.Asked is { } asked ? Cases * (int)asked.TotalMinutes * 4 : Cases;
        var (sent, expected, heard) = (0L, 0L, new byte[2048]);
        for (var number = 0; number < rounds; number += Batch)
        {
            var batch = Enumerable.Range(number, Batch).Select(n => (Dice: Chance.Of(Chance.Seed, n), n)).Select(c => ByteMutator.Mutate(corpus[c.Dice.Next(corpus.Count)], c.Dice)).ToList();
            batch.ForEach(d => _source.SendTo(d, _place));
            sent += batch.Count;
            while (worker.Forward(_door, routes, now: 1))
            {
                // Loopback delivers before the sender returns: what was sent is there.
            }

            foreach (var datagram in batch.Where(IsForwarded))
            {
                expected++;
                Assert.True(_site.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead), $"Not forwarded: {Convert.ToHexStringLower(datagram)}; {Chance.Repeat("fuzz")}");
                var length = _site.Receive(heard);
                Assert.True(SourcePrefix.Skip(heard.AsSpan(0, length)).SequenceEqual(datagram), $"Changed or out of turn: {Convert.ToHexStringLower(datagram)}; {Chance.Repeat("fuzz")}");
            }

            Assert.Equal(0, _site.Available);
        }

        Assert.Equal((sent, expected, 0L), (counters.Received, counters.Forwarded, counters.Unsent));
        Assert.Equal(sent, counters.Forwarded + counters.Malformed + counters.UnknownRoute);
        Assert.True(counters.Forwarded > 0 && counters.Malformed > 0 && counters.UnknownRoute > 0);
        Assert.InRange(counters.Flows, 0, FlowTable.Most);
        Assert.Equal(0, _source.Available);
    }

    public void Dispose()
    {
        _ = Linux.Close(_door);
        _site.Dispose();
        _source.Dispose();
    }

    /// <summary>By the letter of docs/protocol/datagrams.md.</summary>
    private static bool IsForwarded(byte[] d) =>
        d.Length is >= 21 + 16 and <= 1200 && d[0] == 1 && BinaryPrimitives.ReadUInt32BigEndian(d.AsSpan(1)) == Known && BinaryPrimitives.ReadUInt64BigEndian(d.AsSpan(13)) != 0;

    private static List<byte[]> Corpus()
    {
        using var sealer = new DatagramSealer(Known, 77, DatagramKey.Derive(DatagramKey.NewSecret(), HostId.New(), 77));
        var room = new byte[DatagramHeader.MaxDatagram];
        var sealedOnes = new[] { 0, 40, 400, DatagramHeader.MaxPayload }.Select(length => room[..sealer.Seal(new byte[length], room)]).ToList();
        var prefix = new byte[SourcePrefix.MaxBytes];
        // One that a sender gave a prefix himself: he cannot speak for another.
        return [.. sealedOnes, [.. prefix.AsSpan(0, SourcePrefix.Write(prefix, [192, 0, 2, 7], 4711)), .. sealedOnes[1]]];
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}

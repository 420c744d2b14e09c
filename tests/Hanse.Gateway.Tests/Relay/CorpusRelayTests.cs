using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Hanse.Gateway.Hello;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>Every hello of the corpus, cut in every way that is legal, comes to the one upstream that has its name, byte for byte: none is mis-routed.</summary>
public sealed class CorpusRelayTests : IDisposable
{
    private const int AtATime = 400;
    private readonly Dictionary<string, TellingBackend> _backends = [];
    private readonly Door _door;

    public CorpusRelayTests()
    {
        var routes = new List<RouteSpec>();
        foreach (var name in RecordedHello.All.Select(h => h.Name).Distinct(StringComparer.Ordinal))
        {
            var backend = _backends[name] = new TellingBackend((byte)_backends.Count);
            routes.Add(new RouteSpec(name.Length == 0 ? "rest" : name, name.Length == 0 ? [] : [name], [backend.Address]) { IsDefault = name.Length == 0 });
        }

        // Time enough to cut hundreds at once on a machine that has other things to do.
        _door = new Door(new RelayOptions { Workers = 2, HelloDeadline = TimeSpan.FromMinutes(1), MaxRatePerSource = 0 }, [.. routes]);
    }

    [Fact]
    public async Task Whole_and_split_at_every_byte_over_segments_each_to_its_name()
    {
        foreach (var hello in RecordedHello.All)
        {
            foreach (var cuts in Enumerable.Range(0, hello.Wire.Length).Chunk(AtATime))
            {
                await RouteAsync(hello.Name, [.. cuts.Select(cut => (hello.Wire, cut))]);
            }
        }

        AssertNoneRefused();
    }

    [Fact]
    public async Task Split_over_records_each_to_its_name()
    {
        var dice = Chance.Of(Chance.Seed, 1);
        foreach (var hello in RecordedHello.All)
        {
            var message = hello.Message;
            var twice = Enumerable.Range(0, 40).Select(_ => dice.Next(1, message.Length))
                .Select(at => (byte[])[.. HelloBytes.Record(message.AsSpan(0, at)), .. HelloBytes.Record(message.AsSpan(at))]);
            int[] sizes = [1, 2, 3, 4, 5, 7, 16, 60, 255, 256, 300, 512, 1000];
            var many = sizes.Select(each => HelloBytes.Split(message, each)).Where(w => w.Length <= ClientHello.LongestWire);
            await RouteAsync(hello.Name, [.. twice.Concat(many).Select(wire => (wire, dice.Next(wire.Length)))]);
        }

        AssertNoneRefused();
    }

    /// <summary>Each hello under the name of another one, written otherwise.</summary>
    [Fact]
    public async Task Other_ways_to_write_a_name_to_that_name()
    {
        var named = RecordedHello.All.Where(h => h.Name.Length > 0).ToList();
        foreach (var (hello, name) in named.Zip(named.Skip(1).Append(named[0]), (h, other) => (h, other.Name)))
        {
            string[] ways = [name + ".", name.ToUpperInvariant(), name.ToUpperInvariant() + ".", new IdnMapping().GetUnicode(name), new IdnMapping().GetUnicode(name) + "."];
            await RouteAsync(name, [.. ways.Select(way => (hello.Renamed(Encoding.UTF8.GetBytes(way)), 100))]);
        }

        AssertNoneRefused();
    }

    /// <summary>With ECH the name that matters is inside, for the server alone: the relay sees the outer one, and that one has a route or none.</summary>
    [Fact]
    public async Task Encrypted_hello_by_its_outer_name()
    {
        var outer = RecordedHello.All.Single(h => h.Key == "chromium-default");
        await RouteAsync(outer.Name, [(outer.Wire, 0)]);
        await RouteAsync("", [(outer.Renamed("public.corpus.test"u8.ToArray()), 0)]);
    }

    public void Dispose()
    {
        _door.Dispose();
        foreach (var backend in _backends.Values)
        {
            backend.Dispose();
        }
    }

    /// <summary>Connects for each, sends what stands before its cut, lets the relay look at that, and sends the rest.</summary>
    private async Task RouteAsync(string name, IReadOnlyList<(byte[] Wire, int Cut)> cases)
    {
        var sockets = new List<Socket>();
        try
        {
            foreach (var (wire, cut) in cases)
            {
                var socket = await _door.ConnectAsync();
                socket.LingerState = new LingerOption(true, 0);
                sockets.Add(socket);
                await socket.SendAsync(wire.AsMemory(0, cut));
            }

            await _door.Until("the first parts are there", c => c.Greeting == cases.Count);
            foreach (var (socket, (wire, cut)) in sockets.Zip(cases))
            {
                await socket.SendAsync(wire.AsMemory(cut));
            }

            foreach (var (socket, (wire, cut)) in sockets.Zip(cases))
            {
                var answer = await socket.ReadExactlyAsync(1 + wire.Length);
                Assert.True(answer[0] == _backends[name].Mark, $"{name}, cut at {cut}, came to {_backends.First(b => b.Value.Mark == answer[0]).Key}; {Chance.Repeat("Gateway")}");
                Assert.True(answer[1..].SequenceEqual(wire), $"{name}, cut at {cut}, was changed on its way; {Chance.Repeat("Gateway")}");
            }
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }

        await _door.Until("all are gone", c => c.Total.Live == 0);
    }

    private void AssertNoneRefused()
    {
        var counters = _door.Counters;
        Assert.Equal(0, counters.Refusals.Sum());
        Assert.Equal(counters.Accepted, counters.Total.Opened);
    }
}

using System.Net.Sockets;
using Hanse.Protocol.Datagrams;
using Hanse.TestKit;
using static Hanse.Gateway.Tests.Datagrams.DatagramWorld;

namespace Hanse.Gateway.Tests.Datagrams;

/// <summary>Datagrams through a gateway, over real sockets.</summary>
public sealed class DatagramPlaneTests : IDisposable
{
    private readonly DatagramWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Given_two_routes_When_datagrams_come_Then_each_reaches_its_site_as_it_was()
    {
        var (north, south, agent) = (_world.Socket(), _world.Socket(), _world.Socket());
        _world.Routes(Route(1, north), Route(2, south));
        byte[][] sent = [Datagram(1, 10, 1), Datagram(2, 20, 7, DatagramHeader.MaxDatagram), Datagram(1, 10, 2, DatagramHeader.Bytes + DatagramHeader.TagBytes)];
        foreach (var datagram in sent)
        {
            _world.Send(agent, datagram);
        }

        Assert.Equal(sent[0], await ReceiveAsync(north));
        Assert.Equal(sent[1], await ReceiveAsync(south));
        Assert.Equal(sent[2], await ReceiveAsync(north));
        await _world.CountedAsync("forwarded", c => c.Forwarded, 3);
        Assert.Equal((3, 0, 0), (_world.Plane.Counters.Received, _world.Plane.Counters.Malformed, _world.Plane.Counters.UnknownRoute));
    }

    [Fact]
    public async Task Given_what_is_no_datagram_or_of_no_route_When_it_comes_Then_it_is_counted_and_nobody_is_answered()
    {
        var (site, stranger) = (_world.Socket(), _world.Socket());
        _world.Routes(Route(1, site));
        byte[][] malformed = [[], [1], Datagram(1, 1, 1, 36), Datagram(1, 1, 0), [.. Datagram(1, 1, 1, 1200), 0], new byte[4000], "GET / HTTP/1.1\r\nHost: north.example.org\r\n\r\n"u8.ToArray()];
        foreach (var bytes in malformed)
        {
            _world.Send(stranger, bytes);
        }

        _world.Send(stranger, Datagram(9, 1, 1));
        _world.Send(stranger, Datagram(1, 1, 5)); // a good one, behind them
        Assert.Equal(Datagram(1, 1, 5), await ReceiveAsync(site));

        Assert.Equal((malformed.Length, 1), (_world.Plane.Counters.Malformed, _world.Plane.Counters.UnknownRoute));
        Assert.Equal((0, 0), (stranger.Available, site.Available));
    }

    [Fact]
    public async Task Given_copies_and_forged_sources_When_they_come_Then_the_site_judges_them_and_no_source_is_answered()
    {
        var (site, agent) = (_world.Socket(), _world.Socket());
        _world.Routes(Route(1, site) with { ProxyProtocol = true });
        // Loopback has many addresses: who is named as a source here is there, and would hear an answer.
        var named = Enumerable.Range(1, 60).Select(i => _world.Socket($"127.7.0.{i}")).ToList();
        var datagram = Datagram(1, 1, 1);
        _world.Send(agent, datagram);
        _world.Send(agent, datagram);
        named.ForEach(s => _world.Send(s, datagram));
        _world.Send(agent, Datagram(1, 1, 2));

        var heard = new List<byte[]>();
        for (var i = 0; i < named.Count + 3; i++)
        {
            heard.Add(await ReceiveAsync(site));
        }

        Assert.Equal(named.Count + 2, heard.Count(h => SourcePrefix.Skip(h).SequenceEqual(datagram)));
        Assert.Equal(Datagram(1, 1, 2), SourcePrefix.Skip(heard[^1]).ToArray());
        Assert.All([agent, .. named], s => Assert.Equal(0, s.Available));
    }

    [Fact]
    public async Task Given_a_site_that_is_gone_When_datagrams_come_Then_the_others_go_on()
    {
        var (gone, there, agent) = (_world.Socket(), _world.Socket(), _world.Socket());
        _world.Routes(Route(1, gone), Route(2, there));
        gone.Dispose();
        for (var i = 1UL; i <= 20; i++)
        {
            _world.Send(agent, Datagram(1, 1, i));
            _world.Send(agent, Datagram(2, 2, i));
        }

        for (var i = 1UL; i <= 20; i++)
        {
            Assert.Equal(Datagram(2, 2, i), await ReceiveAsync(there));
        }

        Assert.Equal(0, agent.Available); // also no ICMP error comes through
    }

    [Fact]
    public async Task Given_several_addresses_When_flows_go_on_Then_each_keeps_its_own_also_over_a_change_of_routes()
    {
        var sites = Enumerable.Range(0, 3).Select(_ => _world.Socket()).ToArray();
        var agents = Enumerable.Range(0, 30).Select(i => (Socket: _world.Socket(), Key: (ulong)i + 1)).ToArray();
        _world.Routes(Route(1, sites));
        var first = await RoundAsync(sites, agents, 1);
        Assert.Equal(3, first.Values.Distinct().Count());

        _world.Routes(Route(1, [.. sites.Reverse()]), Route(2, sites[0]));
        Assert.Equal(first, await RoundAsync(sites, agents, 2));

        // One leaves: its flows move, no other does.
        _world.Routes(Route(1, sites[1], sites[2]));
        var after = await RoundAsync(sites, agents, 3);
        Assert.All(first.Where(f => f.Value != 0), f => Assert.Equal(f.Value, after[f.Key]));
        Assert.DoesNotContain(0, after.Values);
        await Wait.For("the flows to be counted", () => Volatile.Read(ref _world.Plane.Counters.Flows) == agents.Length);
    }

    [Fact]
    public async Task Given_one_key_from_two_sources_When_both_send_Then_they_are_two_flows_that_go_to_one_site_each()
    {
        var (site, home, roaming) = (_world.Socket(), _world.Socket(), _world.Socket("127.0.0.9"));
        _world.Routes(Route(1, site));
        _world.Send(home, Datagram(1, 5, 1));
        _world.Send(roaming, Datagram(1, 5, 2));
        Assert.Equal([1, 2], new[] { (await ReceiveAsync(site))[20], (await ReceiveAsync(site))[20] }.Select(b => (int)b).Order());
        await Wait.For("two flows", () => Volatile.Read(ref _world.Plane.Counters.Flows) == 2);
    }

    [Fact]
    public async Task Given_a_standby_When_datagrams_come_Then_it_gets_each_as_well()
    {
        var (site, standby, agent) = (_world.Socket(), _world.Socket("::1"), _world.Socket());
        _world.Routes(Route(1, site) with { StandbyAddresses = [Place(standby)] });
        _world.Send(agent, Datagram(1, 1, 1));
        Assert.Equal(Datagram(1, 1, 1), await ReceiveAsync(site));
        Assert.Equal(Datagram(1, 1, 1), await ReceiveAsync(standby));
        await _world.CountedAsync("duplicated", c => c.Duplicated, 1);
    }

    [Fact]
    public async Task Given_a_route_with_header_When_a_datagram_comes_Then_its_source_stands_before_it()
    {
        var (site, agent) = (_world.Socket(), _world.Socket("127.0.0.8"));
        _world.Routes(Route(1, site) with { ProxyProtocol = true });
        _world.Send(agent, Datagram(1, 1, 1));

        var received = await ReceiveAsync(site);

        Assert.Equal("0D0A0D0A000D0A515549540A" + "21" + "12" + "000C", Convert.ToHexString(received[..16]));
        Assert.Equal("7F000008" + "00000000", Convert.ToHexString(received[16..24]));
        Assert.Equal(Place(agent).Port, (received[24] << 8) | received[25]);
        Assert.Equal(Datagram(1, 1, 1), received[28..]);
    }

    [Fact]
    public async Task Given_a_pseudonymous_route_When_datagrams_come_Then_a_source_has_one_pseudonym_and_no_other_process_the_same()
    {
        using var other = new DatagramWorld();
        var (site, agent, second) = (_world.Socket(), _world.Socket("127.0.0.8"), _world.Socket("127.0.0.7"));
        var route = Route(1, site) with { Pseudonymous = true };
        _world.Routes(route);
        other.Routes(route);

        var first = await PseudonymAsync(_world, agent, 1);
        Assert.StartsWith("FD", first, StringComparison.Ordinal);
        Assert.DoesNotContain("7F000008", first, StringComparison.Ordinal);
        Assert.Equal(first, await PseudonymAsync(_world, agent, 2)); // another key, the same source
        Assert.NotEqual(first, await PseudonymAsync(_world, second, 1));
        Assert.NotEqual(first, await PseudonymAsync(other, agent, 1));

        async Task<string> PseudonymAsync(DatagramWorld world, Socket from, ulong key)
        {
            world.Send(from, Datagram(1, key, 1));
            var received = await ReceiveAsync(site);
            Assert.Equal(Datagram(1, key, 1), received[52..]);
            Assert.Equal("22" + "0024", Convert.ToHexString(received[13..16]));
            Assert.All(received[32..52], b => Assert.Equal(0, b)); // no port either
            return Convert.ToHexString(received[16..32]);
        }
    }

    private async Task<Dictionary<ulong, int>> RoundAsync(Socket[] sites, (Socket Socket, ulong Key)[] agents, ulong sequence)
    {
        foreach (var agent in agents)
        {
            _world.Send(agent.Socket, Datagram(1, agent.Key, sequence));
        }

        var where = new Dictionary<ulong, int>();
        var buffer = new byte[2048];
        await Wait.For("all datagrams of a round", () =>
        {
            for (var site = 0; site < sites.Length; site++)
            {
                while (sites[site].Available > 0)
                {
                    var length = sites[site].Receive(buffer);
                    Assert.True(DatagramHeader.TryRead(buffer.AsSpan(0, length), out var header) && header.Sequence == sequence);
                    where.Add(header.KeyId, site);
                }
            }

            return where.Count == agents.Length;
        });
        return where;
    }
}

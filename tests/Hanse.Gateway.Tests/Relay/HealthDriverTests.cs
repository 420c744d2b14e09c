using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Relay;

public sealed class HealthDriverTests
{
    [Fact]
    public async Task Failed_upstream_stays_down_until_it_answers_and_is_well_then()
    {
        var place = Ports.Free();
        var book = new RouteBook();
        book.Swap([new RouteSpec("a", ["a.test"], [place])]);
        var upstream = book.Upstreams.Single();
        upstream.Failed(Environment.TickCount64);
        using var stop = new CancellationTokenSource();
        var running = new HealthDriver(book, GatewayLog.None, TimeProvider.System).RunAsync(stop.Token);
        await Wait.For("a check has found it down for longer than its first pause", () => upstream.IsDown(Environment.TickCount64 + 20_000));
        using var back = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        back.Bind(place);
        back.Listen();
        await Wait.For("it is well again", () => upstream.Failures == 0 && !upstream.IsDown(Environment.TickCount64));
        await stop.CancelAsync();
        await Wait.ForTask("the driver ends", running);
    }

    /// <summary>An IPv6 address on a host without IPv6, or no descriptor left: the others are still looked after.</summary>
    [Fact]
    public async Task Upstream_for_which_there_is_no_socket_stays_down_and_the_others_are_checked()
    {
        var book = new RouteBook();
        using var there = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        there.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        there.Listen();
        book.Swap([new RouteSpec("a", ["a.test"], [new Unreachable(), (IPEndPoint)there.LocalEndPoint!])]);
        foreach (var upstream in book.Upstreams)
        {
            upstream.Failed(Environment.TickCount64);
        }

        using var stop = new CancellationTokenSource();
        var running = new HealthDriver(book, GatewayLog.None, TimeProvider.System).RunAsync(stop.Token);
        await Wait.For("the one is well, the other stays down", () => running.IsFaulted
            || (book.Upstreams.Count(u => u.Failures == 0) == 1 && book.Upstreams.Count(u => u.IsDown(Environment.TickCount64 + 20_000)) == 1));
        await stop.CancelAsync();
        await Wait.ForTask("the driver ends well", running);
    }

    [Fact]
    public void Choose_by_client_hash_stays_and_moves_few()
    {
        var book = new RouteBook();
        IPEndPoint[] all = [.. Enumerable.Range(1, 4).Select(i => new IPEndPoint(IPAddress.Loopback, i))];
        RouteSpec Spec(params IPEndPoint[] addresses) => new("a", ["a.test"], addresses) { Choice = UpstreamChoice.ClientHash };
        book.Swap([Spec(all)]);
        var before = Enumerable.Range(0, 1000).Select(c => Choose(book, (uint)c)).ToList();
        Assert.Equal(before, Enumerable.Range(0, 1000).Select(c => Choose(book, (uint)c)));
        Assert.All(before.CountBy(p => p), place => Assert.InRange(place.Value, 150, 350));
        book.Swap([Spec(all[..3])]);
        Assert.All(before.Zip(Enumerable.Range(0, 1000).Select(c => Choose(book, (uint)c))), pair => Assert.True(pair.First == pair.Second || pair.First == 4));
    }

    [Fact]
    public void Choose_least_connections_and_the_failed_last()
    {
        var book = new RouteBook();
        book.Swap([new RouteSpec("a", ["a.test"], [new(IPAddress.Loopback, 1), new(IPAddress.Loopback, 2)])]);
        var (one, two) = (book.Current.Routes[0].Upstreams[0], book.Current.Routes[0].Upstreams[1]);
        one.Opened();
        Assert.Equal(2, Choose(book, 0));
        two.Failed(1000);
        Assert.Equal(1, Choose(book, 0, 1001));
        Assert.Equal(2, Choose(book, 0, 3000));
        uint tried = 3;
        Assert.Null(UpstreamChooser.Choose(book.Current.Routes[0], 0, 0, ref tried));
    }

    /// <summary>Of a family that no kernel gives a socket of.</summary>
    private sealed class Unreachable() : IPEndPoint(IPAddress.IPv6Loopback, 9)
    {
        public override AddressFamily AddressFamily => AddressFamily.AppleTalk;
    }

    private static int Choose(RouteBook book, uint client, long now = 0)
    {
        uint tried = 0;
        return UpstreamChooser.Choose(book.Current.Routes[0], client, now, ref tried)!.Address.Port;
    }
}

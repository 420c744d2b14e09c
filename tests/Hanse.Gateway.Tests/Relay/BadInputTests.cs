using System.Net;
using System.Net.Sockets;
using System.Text;
using Hanse.Gateway.Hello;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>What bad input gets: the table of docs/components/gateway-relay.md, line by line.</summary>
public sealed class BadInputTests
{
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 200);

    public static TheoryData<string, byte[], byte, int> Answers => new()
    {
        { "garbage", [7, 7, 7, 7], 0, (int)Refusal.NotTls },
        { "plain HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), 0, (int)Refusal.NotTls },
        { "SSLv2", [0x80, 0x2e, 1, 0, 2], 0, (int)Refusal.NotTls },
        { "no name", HelloBytes.Make(null), 112, (int)Refusal.NoName },
        { "unknown name", HelloBytes.Make("b.test"), 112, (int)Refusal.UnknownName },
        { "no name at all", HelloBytes.Make("a b"), 112, (int)Refusal.UnknownName },
        { "rejected", HelloBytes.Make("bad.test"), 112, (int)Refusal.Rejected },
        { "too large", HelloBytes.Split(HelloBytes.MakeOfSize("a.test", ClientHello.Longest + 1), 16384), 50, (int)Refusal.TooLarge },
        { "malformed", [22, 3, 1, 0, 4, 2, 0, 0, 1], 50, (int)Refusal.Malformed },
        { "dead upstream", HelloBytes.Make("dead.test"), 80, (int)Refusal.NoUpstream },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Hello_bad_alert_or_reset_and_counted_and_others_go_on(string what, byte[] hello, byte alert, int cause)
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(
            null, Route("a", backend.Address, "a.test"), Route("dead", Ports.Free(), "dead.test"), new RouteSpec("bad", ["bad.test"], []) { Reject = true });
        using var other = await door.ConnectAsync(Hello);
        await other.ReadExactlyAsync(Hello.Length);
        using var client = await door.ConnectAsync(hello);
        var answer = await client.ReadToEndAsync();
        Assert.Equal(alert == 0 ? null : [21, 3, 3, 0, 2, 2, alert], answer);
        Assert.True(door.Refused((Refusal)cause) == 1, what);
        await other.SendAsync("on"u8.ToArray());
        Assert.Equal("on"u8.ToArray(), await other.ReadExactlyAsync(2));
        await door.Until("it is out of all counts", c => c.Total is { Live: 1, Dialing: 0 } && c.Greeting == 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task Hello_in_single_bytes_and_small_records_is_routed(int record)
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend.Address, "a.test"));
        using var client = await door.ConnectAsync();
        var wire = HelloBytes.Split(HelloBytes.MakeOfSize("a.test", 300), record);
        foreach (var b in wire)
        {
            await client.SendAsync(new[] { b });
        }

        Assert.Equal(wire, await client.ReadExactlyAsync(wire.Length));
        Assert.Equal("x"u8.ToArray(), await EchoAsync(client, "x"u8.ToArray()));
    }

    [Fact]
    public async Task Largest_hello_and_a_post_quantum_one_are_routed_whole()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend.Address, "a.test"));
        foreach (var wire in new[] { HelloBytes.Record(HelloBytes.MakeOfSize("a.test", 1800)), HelloBytes.Split(HelloBytes.MakeOfSize("a.test", ClientHello.Longest), 4000) })
        {
            using var client = await door.ConnectAsync(wire);
            Assert.Equal(wire, await client.ReadExactlyAsync(wire.Length));
        }
    }

    [Fact]
    public async Task Slow_and_silent_clients_are_reset_at_the_deadline()
    {
        using var door = new Door(new RelayOptions { Workers = 1, HelloDeadline = TimeSpan.FromMilliseconds(300) }, Route("a", Ports.Free(), "a.test"));
        using var silent = await door.ConnectAsync();
        using var slow = await door.ConnectAsync(Hello[..^1]);
        Assert.Null(await silent.ReadToEndAsync());
        Assert.Null(await slow.ReadToEndAsync());
        Assert.Equal(2, door.Refused(Refusal.TooSlow));
    }

    [Fact]
    public async Task A_byte_a_second_is_reset_at_the_deadline_of_three_and_others_go_on()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend.Address, "a.test"));
        using var other = await door.ConnectAsync(Hello);
        await other.ReadExactlyAsync(Hello.Length);
        using var slow = await door.ConnectAsync();
        var end = slow.ReadToEndAsync();
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        var sent = 0;
        for (; !end.IsCompleted && sent < Hello.Length; sent++)
        {
            Assert.Equal("on"u8.ToArray(), await EchoAsync(other, "on"u8.ToArray()));
            _ = slow.Send(Hello.AsSpan(sent, 1), SocketFlags.None, out _); // it may be reset by now
            await Task.WhenAny(end, second.WaitForNextTickAsync().AsTask());
        }

        Assert.Null(await end);
        Assert.InRange(sent, 1, 30);
        Assert.Equal(1, door.Refused(Refusal.TooSlow));
    }

    [Fact]
    public async Task Hellos_that_one_source_holds_back_are_limited_and_other_sources_get_through()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(new RelayOptions { Workers = 2, MaxHellosPerSource = 5, HelloDeadline = TimeSpan.FromMinutes(1) }, Route("a", backend.Address, "a.test"));
        var held = new List<Socket>();
        for (var i = 0; i < 5; i++)
        {
            held.Add(await door.ConnectAsync(Hello[..i], "127.0.0.2"));
        }

        await door.Until("five are awaited", c => c.Greeting == 5);
        // The reset may be there before the connect has returned. It stays: one that leaves by itself may be gone before it is looked at, and counts as such.
        Socket? sixth = null;
        _ = await Record.ExceptionAsync(async () => sixth = await door.ConnectAsync("127.0.0.2"));
        await door.Until("the sixth was refused", c => c.Refusals[(int)Refusal.SourceHellos] == 1 && c.Greeting == 5);
        sixth?.Dispose();
        using var other = await door.ConnectAsync(Hello, "127.0.0.3");
        Assert.Equal(Hello, await other.ReadExactlyAsync(Hello.Length));

        // One that goes on makes room for the next.
        await held[4].SendAsync(Hello.AsMemory(4));
        Assert.Equal(Hello, await held[4].ReadExactlyAsync(Hello.Length));
        held.Add(await door.ConnectAsync("127.0.0.2"));
        await door.Until("five are awaited again", c => c.Greeting == 5);
        Assert.Equal(1, door.Refused(Refusal.SourceHellos));
        held.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Newcomers_of_one_source_beyond_its_rate_are_reset_and_other_sources_get_through()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(new RelayOptions { Workers = 2, MaxRatePerSource = 1 }, Route("a", backend.Address, "a.test"));
        var many = new List<Socket>();
        await Wait.For("one is refused", async () =>
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            many.Add(client);
            // The reset may be there before the connect has returned.
            _ = await Record.ExceptionAsync(() => client.ConnectAsync(door.Address));
            return door.Refused(Refusal.SourceRate) > 0;
        });
        Assert.True(many.Count > 10);
        using var other = await door.ConnectAsync(Hello, "127.0.0.3");
        Assert.Equal(Hello, await other.ReadExactlyAsync(Hello.Length));
        many.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Client_that_ends_before_its_hello_is_counted_and_forgotten()
    {
        using var door = new Door(null, Route("a", Ports.Free(), "a.test"));
        using var client = await door.ConnectAsync(Hello[..20]);
        client.Shutdown(SocketShutdown.Send);
        _ = await client.ReadToEndAsync();
        await door.Until("it was counted", c => c.Refusals[(int)Refusal.ClientLeft] == 1 && c.Greeting == 0);
    }

    [Fact]
    public async Task Flood_of_half_open_clients_does_not_keep_others_out()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend.Address, "a.test"));
        var flood = new List<Socket>();
        for (var i = 0; i < 1000; i++)
        {
            flood.Add(await door.ConnectAsync(Hello[..(i % 30)], $"127.0.0.{2 + (i % 3)}"));
        }

        using var client = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));
        flood.ForEach(s => s.Dispose());
        await door.Until("the flood is forgotten", c => c.Greeting == 0);
    }

    [Fact]
    public async Task Full_house_of_silent_clients_makes_room_for_one_that_speaks()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(new RelayOptions { Workers = 1, MaxConnections = 20 }, Route("a", backend.Address, "a.test"));
        var flood = new List<Socket>();
        for (var i = 0; i < 100; i++)
        {
            flood.Add(await door.ConnectAsync(Hello[..(i % 30)]));
        }

        using var client = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));
        Assert.Equal(0, door.Refused(Refusal.OverallLimit));
        Assert.InRange(door.Refused(Refusal.TooSlow), 80, 90);
        flood.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Upstream_that_refuses_is_passed_over_and_comes_last_afterwards()
    {
        using var backend = new Backend().Echoing();
        var dead = Ports.Free();
        using var door = new Door(null, new RouteSpec("a", ["a.test"], [dead, backend.Address]));
        for (var i = 0; i < 3; i++)
        {
            using var client = await door.ConnectAsync(Hello);
            Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));
        }

        Assert.InRange(door.Counters.Total.FailedDials, 1, 2);
    }

    [Fact]
    public async Task Upstream_that_is_silent_is_passed_over_at_the_deadline()
    {
        using var backend = new Backend().Echoing();
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen(0);
        // A full queue: the kernel answers no further dial.
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(silent.LocalEndPoint!);
        var options = new RelayOptions { Workers = 1, DialDeadline = TimeSpan.FromMilliseconds(300) };
        using var door = new Door(options, new RouteSpec("a", ["a.test"], [(IPEndPoint)silent.LocalEndPoint!, backend.Address]));
        using var client = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public async Task Upstream_that_resets_what_it_accepted_resets_its_client_alone()
    {
        using var backend = new Backend().Echoing();
        using var resetting = new Backend();
        using var door = new Door(null, Route("a", backend.Address, "a.test"), Route("reset", resetting.Address, "reset.test"));
        using var other = await door.ConnectAsync(Hello);
        await other.ReadExactlyAsync(Hello.Length);
        using var client = await door.ConnectAsync(HelloBytes.Make("reset.test"));
        using (var accepted = await resetting.NextAsync())
        {
            accepted.LingerState = new LingerOption(true, 0);
        }

        Assert.Null(await client.ReadToEndAsync());
        await door.Until("it was counted", c => c.Total is { ResetsByUpstream: 1, ResetsByClient: 0, Live: 1 });
        Assert.Equal("on"u8.ToArray(), await EchoAsync(other, "on"u8.ToArray()));
    }

    [Fact]
    public async Task Upstream_that_accepts_and_says_nothing_or_takes_nothing_stops_its_own_clients_alone()
    {
        using var backend = new Backend().Echoing();
        using var silent = new Backend();
        using var door = new Door(new RelayOptions { Workers = 1 }, Route("a", backend.Address, "a.test"), Route("s", silent.Address, "s.test"));
        using var other = await door.ConnectAsync(Hello);
        await other.ReadExactlyAsync(Hello.Length);
        using var waiting = await door.ConnectAsync(HelloBytes.Make("s.test"));
        using var waited = await silent.NextAsync();
        using var full = await door.ConnectAsync(HelloBytes.Make("s.test"));
        using var takesNothing = await silent.NextAsync();
        full.Blocking = false;
        var stood = 0;
        await Wait.For("its sender is stopped", () =>
        {
            var sent = full.Send(new byte[65536], SocketFlags.None, out var error);
            stood = sent > 0 && error == SocketError.Success ? 0 : stood + 1;
            return stood > 30;
        });
        Assert.Equal("on"u8.ToArray(), await EchoAsync(other, "on"u8.ToArray()));
        using var newcomer = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await newcomer.ReadExactlyAsync(Hello.Length));
        var counters = door.Counters;
        Assert.Equal((4, 0, 0, 0), (counters.Total.Live, counters.Total.FailedDials, counters.Total.ResetsByUpstream, counters.Refusals.Sum()));
    }

    [Fact]
    public async Task Limits_overall_by_source_and_by_route_are_told_apart()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(new RelayOptions { Workers = 2, MaxPerSource = 3 }, Route("a", backend.Address, "a.test") with { MaxConnections = 2 });
        using var one = await door.ConnectAsync(Hello);
        await one.ReadExactlyAsync(Hello.Length);
        using var two = await door.ConnectAsync(Hello);
        await two.ReadExactlyAsync(Hello.Length);
        using var three = await door.ConnectAsync(Hello);
        Assert.Equal([21, 3, 3, 0, 2, 2, 80], await three.ReadToEndAsync());
        await door.Until("it was forgotten", c => c.Refusals[(int)Refusal.RouteLimit] == 1);
        using var waits = await door.ConnectAsync();
        await door.Until("it is known", c => c.Greeting == 1);
        using var four = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // The reset may be there before the connect has returned.
        _ = await Record.ExceptionAsync(() => four.ConnectAsync(door.Address));
        await door.Until("the fourth was refused", c => c.Refusals[(int)Refusal.SourceLimit] == 1 && c.Greeting == 1);
    }

    private static RouteSpec Route(string key, IPEndPoint address, params string[] names) => new(key, names, [address]);

    private static async Task<byte[]> EchoAsync(Socket socket, byte[] bytes)
    {
        await socket.SendAsync(bytes);
        return await socket.ReadExactlyAsync(bytes.Length);
    }
}

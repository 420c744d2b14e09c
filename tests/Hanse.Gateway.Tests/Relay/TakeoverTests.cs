using System.Net.Sockets;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

public sealed class TakeoverTests : IDisposable
{
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 200);

    /// <summary>A hello that is held back on purpose outlasts a busy machine.</summary>
    private static readonly RelayOptions Patient = new() { Workers = 2, HelloDeadline = TimeSpan.FromMinutes(1) };
    private readonly TestFolder _folder = new();

    private string Path => _folder.File("t.sock");

    [Fact]
    public async Task Live_streams_of_every_state_go_on_in_the_next_process()
    {
        using var backend = new Backend();
        using var door = new Door(Patient, Route(backend));
        using var server = Serve(door);
        using var whole = await door.ConnectAsync(Hello);
        using var wholeServer = await backend.NextAsync();
        await wholeServer.ReadExactlyAsync(Hello.Length);
        using var half = await door.ConnectAsync(Hello);
        using var halfServer = await backend.NextAsync();
        half.Shutdown(SocketShutdown.Send);
        await halfServer.ReadToEndAsync();
        using var greeting = await door.ConnectAsync(Hello[..50]);
        using var full = await door.ConnectAsync(Hello);
        using var fullServer = await backend.NextAsync();
        var (bytes, sent) = (Streams.Numbered(100_000_000), await FillAsync(full, Streams.Numbered(100_000_000)));
        await door.Until("the half open one is known", c => c.Greeting == 1);

        using var next = await TakeOverAsync(Route(backend));
        await Wait.ForTask("the old one has given all", server.HandedOver);
        await wholeServer.SendAsync("down"u8.ToArray());
        Assert.Equal("down"u8.ToArray(), await whole.ReadExactlyAsync(4));
        await whole.SendAsync("up"u8.ToArray());
        Assert.Equal("up"u8.ToArray(), await wholeServer.ReadExactlyAsync(2));
        await halfServer.SendAsync(Streams.Numbered(100_000));
        Assert.Equal(Streams.Numbered(100_000), await half.ReadExactlyAsync(100_000));
        await greeting.SendAsync(Hello[50..]);
        using var greeted = await backend.NextAsync();
        Assert.Equal(Hello, await greeted.ReadExactlyAsync(Hello.Length));
        full.Shutdown(SocketShutdown.Send);
        Assert.True((await fullServer.ReadToEndAsync()).AsSpan(Hello.Length).SequenceEqual(bytes.AsSpan(0, sent)));
        using var newcomer = await door.ConnectAsync(Hello);
        using var newServer = await backend.NextAsync();
        Assert.Equal(Hello, await newServer.ReadExactlyAsync(Hello.Length));
        var total = next.Snapshot().Total;
        Assert.Equal((5, 2), (total.Live, total.Opened));
    }

    /// <summary>What the process before waited for is still set on the socket.</summary>
    [Fact]
    public async Task Hello_that_became_whole_while_all_stood_still_a_small_answer_gets_through_as_well()
    {
        using var backend = new Backend();
        using var door = new Door(Patient, Route(backend));
        using var server = Serve(door);
        using var client = await door.ConnectAsync(Hello[..50]);
        TakenOver? taken = null;
        await Wait.For("the rest of the hello is waited for", () =>
        {
            taken?.Dispose();
            taken = TakenOver.Ask(Path, TimeSpan.FromSeconds(5));
            return taken!.Connections is [var one] && LowWater(one.Client) > 1;
        });
        await client.SendAsync(Hello[50..]);
        using var next = Accept(taken!, new RelayOptions { Workers = 1 }, _ => { }, Route(backend));
        await Wait.ForTask("the old one has given all", server.HandedOver);
        using var there = await backend.NextAsync();
        await there.ReadExactlyAsync(Hello.Length);
        await client.SendAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await there.ReadExactlyAsync(1));
    }

    /// <summary>A route that the newcomer does not have was removed while nobody could cut (G1); one whose addresses it cannot look up was not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_of_a_route_that_is_gone_are_cut_unless_what_is_gone_is_not_known(bool keeps)
    {
        using var backend = new Backend().Echoing();
        RouteSpec away = new("away", ["away.test"], [backend.Address]), gone = new("gone", ["gone.test"], [backend.Address]);
        using var door = new Door(null, Route(backend), away, gone);
        using var server = Serve(door);
        using var ofA = await EchoedAsync(door, "a.test");
        using var ofAway = await EchoedAsync(door, "away.test");
        using var ofGone = await EchoedAsync(door, "gone.test");
        int[] before;
        using (var still = door.Plane.Freeze())
        {
            before = [.. still.Connections().SelectMany(c => c.Descriptors)];
        }

        using var next = await TakeOverAsync(new RelayOptions { Workers = 1, KeepsUnknownRoutes = keeps }, _ => { }, Route(backend), away with { Addresses = [] });
        await Wait.ForTask("the old one has given all", server.HandedOver);
        DescriptorChannel.CloseAll(before); // as the end of the old process does
        foreach (var kept in new[] { ofA, ofAway })
        {
            await EchoAsync(kept);
        }

        if (keeps)
        {
            await EchoAsync(ofGone);
        }
        else
        {
            Assert.Null(await ofGone.ReadToEndAsync());
        }

        await Wait.For("the others are live", () => next.Snapshot().Total.Live == (keeps ? 3 : 2));
        using var late = await door.ConnectAsync(HelloBytes.Make("away.test"));
        Assert.Equal([21, 3, 3, 0, 2, 2, 80], await late.ReadToEndAsync());
    }

    [Fact]
    public async Task Upgraded_while_drained_and_resumed_later_it_accepts()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route(backend));
        using var server = Serve(door);
        door.Plane.Drain(TimeSpan.FromMinutes(5));
        using var next = await TakeOverAsync(new RelayOptions { Workers = 1 }, p => p.Drain(TimeSpan.FromMinutes(5)), Route(backend));
        await Wait.ForTask("the old one has given all", server.HandedOver);
        next.Resume();
        using var client = await EchoedAsync(door, "a.test");
    }

    [Fact]
    public Task What_the_one_before_learned_last_is_known_before_its_connections_are() => UpgradeAsync((plane, route) =>
    {
        plane.Swap([route]);
        return Task.CompletedTask;
    }, async (upgrading, server) =>
    {
        await upgrading;
        await Wait.ForTask("the old one has given all", server.HandedOver);
    });

    [Fact]
    public Task Newcomer_that_cannot_read_what_was_learned_last_changes_nothing() => UpgradeAsync((_, _) => throw new IOException("the disk is gone"), async (upgrading, server) =>
    {
        await Assert.ThrowsAsync<IOException>(() => upgrading);
        Assert.False(server.HandedOver.IsCompleted);
    });

    [Fact]
    public async Task Newcomer_that_dies_in_the_middle_changes_nothing()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route(backend));
        using var server = Serve(door);
        using var client = await door.ConnectAsync(Hello);
        await client.ReadExactlyAsync(Hello.Length);
        for (var time = 0; time < 3; time++)
        {
            using (var taken = await Task.Run(() => TakenOver.Ask(Path, TimeSpan.FromSeconds(5))))
            {
                Assert.Single(taken!.Connections);
                await client.SendAsync("while it stands still"u8.ToArray());
            }

            Assert.Equal("while it stands still"u8.ToArray(), await client.ReadExactlyAsync(21));
        }

        Assert.False(server.HandedOver.IsCompleted);
        using var later = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await later.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public async Task Stranger_at_the_socket_and_another_version_are_refused_and_nothing_stops()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route(backend));
        using var server = Serve(door);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        using (var channel = DescriptorChannel.Connect(Path, TimeSpan.FromSeconds(5))!)
        {
            Assert.True(channel.Send("HGTO\u0002\0\u0001"u8, []));
            var answer = await Task.Run(channel.Receive);
            Assert.Equal(TakeoverFormat.Refused, TakeoverFormat.Open(answer!.Value.Message)!.Value.Kind);
        }

        using var client = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public void Ask_nobody_there_null() => Assert.Null(TakenOver.Ask(Path, TimeSpan.FromSeconds(5)));

    public void Dispose() => _folder.Dispose();

    private static RouteSpec Route(Backend backend) => new("a", ["a.test"], [backend.Address]);

    /// <summary>A newcomer that knows no route, what it does before it says that it has all, and what comes of it: the connection goes on, wherever it is then.</summary>
    private async Task UpgradeAsync(Func<RelayPlane, RouteSpec, Task> taking, Func<Task, TakeoverServer, Task> outcome)
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route(backend));
        using var server = Serve(door);
        using var client = await EchoedAsync(door, "a.test");
        var options = new RelayOptions { Workers = 1, TakeOver = true, TakeoverSocket = Path };
        using var plane = new RelayPlane(options, new RouteBook(), GatewayLog.None);
        using var upgrade = new Upgrade(plane, options, GatewayLog.None) { Taking = () => taking(plane, Route(backend)) };
        await outcome(Task.Run(() => upgrade.StartAsync([])), server);
        await EchoAsync(client);
    }

    private TakeoverServer Serve(Door door)
    {
        var server = new TakeoverServer(Path, door.Plane, () => [], GatewayLog.None);
        server.Start();
        return server;
    }

    private static async Task<Socket> EchoedAsync(Door door, string name)
    {
        var hello = HelloBytes.Make(name, 200);
        var client = await door.ConnectAsync(hello);
        Assert.Equal(hello, await client.ReadExactlyAsync(hello.Length));
        return client;
    }

    private static async Task EchoAsync(Socket client)
    {
        await client.SendAsync("on"u8.ToArray());
        Assert.Equal("on"u8.ToArray(), await client.ReadExactlyAsync(2));
    }

    private static unsafe int LowWater(int socket)
    {
        var mark = 0;
        var length = (uint)sizeof(int);
        Assert.Equal(0, Linux.GetOption(socket, Linux.LevelSocket, Linux.ReceiveLowWater, &mark, &length));
        return mark;
    }

    private Task<RelayPlane> TakeOverAsync(RouteSpec route) => TakeOverAsync(new RelayOptions { Workers = 1 }, _ => { }, route);

    private async Task<RelayPlane> TakeOverAsync(RelayOptions options, Action<RelayPlane> first, params RouteSpec[] routes) =>
        Accept((await Task.Run(() => TakenOver.Ask(Path, TimeSpan.FromSeconds(5))))!, options, first, routes);

    private static RelayPlane Accept(TakenOver taken, RelayOptions options, Action<RelayPlane> first, params RouteSpec[] routes)
    {
        var plane = new RelayPlane(options, new RouteBook(), GatewayLog.None);
        plane.Swap(routes);
        first(plane);
        using var _ = taken;
        Assert.True(taken.Accept());
        plane.Start([.. taken.Sockets.Select(s => s.Descriptor)], taken.Connections);
        return plane;
    }

    /// <summary>Sends until nothing more is taken, so that every buffer on the way is full and a pipe holds bytes.</summary>
    private static async Task<int> FillAsync(Socket socket, byte[] bytes)
    {
        socket.Blocking = false;
        var (sent, stood) = (0, 0);
        await Wait.For("every buffer is full", () =>
        {
            var before = sent;
            while (socket.Send(bytes.AsSpan(sent, 65536), SocketFlags.None, out var error) is > 0 and var count && error == SocketError.Success)
            {
                sent += count;
            }

            stood = sent == before ? stood + 1 : 0;
            return stood > 30;
        });
        return sent;
    }
}

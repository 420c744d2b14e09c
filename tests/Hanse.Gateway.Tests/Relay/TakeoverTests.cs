using System.Net.Sockets;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

public sealed class TakeoverTests : IDisposable
{
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 200);
    private readonly TestFolder _folder = new();

    private string Path => _folder.File("t.sock");

    [Fact]
    public async Task Live_streams_of_every_state_go_on_in_the_next_process()
    {
        using var backend = new Backend();
        using var door = new Door(null, Route(backend));
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

    private TakeoverServer Serve(Door door)
    {
        var server = new TakeoverServer(Path, door.Plane, () => [], GatewayLog.None);
        server.Start();
        return server;
    }

    private async Task<RelayPlane> TakeOverAsync(RouteSpec route)
    {
        var plane = new RelayPlane(new RelayOptions { Workers = 1 }, new RouteBook(), GatewayLog.None);
        plane.Swap([route]);
        using var taken = await Task.Run(() => TakenOver.Ask(Path, TimeSpan.FromSeconds(5)));
        Assert.True(taken!.Accept());
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

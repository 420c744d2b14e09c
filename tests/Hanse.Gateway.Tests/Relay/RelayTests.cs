using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

public sealed class RelayTests
{
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 200);

    [Fact]
    public async Task Real_tls_end_to_end_the_relay_holds_no_key()
    {
        using var backend = new Backend();
        using var door = new Door(null, Route("a", backend, "a.test"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=a.test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var client = await door.ConnectAsync();
        await using var secret = new SslStream(new NetworkStream(client), false, (_, shown, _, _) => certificate.Equals(shown));
        var handshake = secret.AuthenticateAsClientAsync("A.test.");
        await using var server = new SslStream(new NetworkStream(await backend.NextAsync(), ownsSocket: true));
        await server.AuthenticateAsServerAsync(certificate, false, SslProtocols.None, false);
        await Wait.ForTask("the handshake", handshake);
        await secret.WriteAsync("ping"u8.ToArray());
        var heard = new byte[4];
        await server.ReadExactlyAsync(heard);
        Assert.Equal("ping"u8.ToArray(), heard);
        var total = door.Counters.Total;
        Assert.Equal((1, 1, 1), (total.Opened, total.Live, total.Dials));
        Assert.True(total.Dialled.Percentile(0.5) >= Math.Min(total.DialMicroseconds, 64));
        Assert.True(total.BytesFromClient > 300 && total.BytesFromUpstream > 300);
    }

    [Fact]
    public async Task Half_close_of_either_side_the_other_direction_goes_on()
    {
        using var backend = new Backend();
        using var door = new Door(null, Route("a", backend, "a.test"));
        foreach (var clientFirst in new[] { true, false })
        {
            using var client = await door.ConnectAsync(Hello);
            using var server = await backend.NextAsync();
            await server.ReadExactlyAsync(Hello.Length);
            var (first, last) = clientFirst ? (client, server) : (server, client);
            await first.SendAsync("bye"u8.ToArray());
            first.Shutdown(SocketShutdown.Send);
            Assert.Equal("bye"u8.ToArray(), await last.ReadToEndAsync());
            await last.SendAsync(Streams.Numbered(300_000));
            last.Shutdown(SocketShutdown.Send);
            Assert.Equal(Streams.Numbered(300_000), await first.ReadToEndAsync());
        }

        await door.Until("both ended", c => c.Total is { Live: 0, ResetsByClient: 0, ResetsByUpstream: 0 });
    }

    [Fact]
    public async Task Bulk_both_ways_at_once_every_byte_in_its_place()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend, "a.test"));
        using var client = await door.ConnectAsync(Hello);
        await client.ReadExactlyAsync(Hello.Length);
        var bytes = Streams.Numbered(20_000_000);
        var sending = SendAllAsync(client, bytes);
        var echoed = await client.ReadExactlyAsync(bytes.Length);
        Assert.True(bytes.AsSpan().SequenceEqual(echoed));
        await sending;
        await door.Until("all was counted", c => c.Total.BytesFromUpstream == bytes.Length + Hello.Length && c.Total.BytesFromClient == bytes.Length + Hello.Length);
    }

    [Fact]
    public async Task Reader_that_does_not_read_stops_the_sender_and_loses_nothing()
    {
        using var backend = new Backend();
        using var door = new Door(null, Route("a", backend, "a.test"));
        using var client = await door.ConnectAsync(Hello);
        using var server = await backend.NextAsync();
        client.Blocking = false;
        var bytes = Streams.Numbered(100_000_000);
        var sent = 0;
        var stood = 0;
        await Wait.For("the sender is stopped", () =>
        {
            var before = sent;
            while (sent < bytes.Length && client.Send(bytes.AsSpan(sent, Math.Min(65536, bytes.Length - sent)), SocketFlags.None, out var error) is > 0 and var count && error == SocketError.Success)
            {
                sent += count;
            }

            stood = sent == before ? stood + 1 : 0;
            return stood > 30;
        });
        Assert.InRange(sent, 1, bytes.Length - 1);
        client.Shutdown(SocketShutdown.Send);
        var arrived = await server.ReadToEndAsync();
        Assert.True(arrived.AsSpan(Hello.Length).SequenceEqual(bytes.AsSpan(0, sent)));
    }

    [Fact]
    public async Task Reset_of_one_side_resets_the_other()
    {
        using var backend = new Backend();
        using var door = new Door(null, Route("a", backend, "a.test"));
        foreach (var byClient in new[] { true, false })
        {
            using var client = await door.ConnectAsync(Hello);
            var server = await backend.NextAsync();
            await server.ReadExactlyAsync(Hello.Length);
            var (first, last) = byClient ? (client, server) : (server, client);
            first.LingerState = new LingerOption(true, 0);
            first.Close();
            Assert.Null(await last.ReadToEndAsync());
            server.Dispose();
        }

        await door.Until("both were counted", c => c.Total is { Live: 0, ResetsByClient: 1, ResetsByUpstream: 1 });
    }

    [Fact]
    public async Task Proxy_protocol_tells_the_client_and_then_its_hello()
    {
        using var backend = new Backend();
        using var door = new Door(null, Route("a", backend, "a.test") with { ProxyProtocol = true });
        using var client = await door.ConnectAsync(Hello);
        using var server = await backend.NextAsync();
        var header = await server.ReadExactlyAsync(28);
        var local = (System.Net.IPEndPoint)client.LocalEndPoint!;
        Assert.Equal([.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 127, 0, 0, 1, 127, 0, 0, 1, (byte)(local.Port >> 8), (byte)local.Port, (byte)(door.Address.Port >> 8), (byte)door.Address.Port], header);
        Assert.Equal(Hello, await server.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public async Task Routes_are_swapped_under_live_streams_which_go_on_and_a_gone_one_is_cut()
    {
        using var one = new Backend();
        using var two = new Backend();
        using var door = new Door(null, Route("a", one, "a.test"), Route("gone", one, "gone.test"));
        using var client = await door.ConnectAsync(Hello);
        using var server = await one.NextAsync();
        using var cut = await door.ConnectAsync(HelloBytes.Make("gone.test"));
        using var cutServer = await one.NextAsync();
        for (var change = 0; change < 100; change++)
        {
            door.Plane.Swap([Route("a", change % 2 == 0 ? two : one, "a.test"), .. change % 3 == 0 ? [Route("other", two, "b.test")] : Array.Empty<RouteSpec>()]);
        }

        await server.ReadExactlyAsync(Hello.Length);
        await client.SendAsync("still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), await server.ReadExactlyAsync(5));
        Assert.Null(await cut.ReadToEndAsync());
        door.Plane.Swap([Route("a", two, "a.test")]);
        using var later = await door.ConnectAsync(Hello);
        using var laterServer = await two.NextAsync();
        await laterServer.ReadExactlyAsync(Hello.Length);
    }

    [Fact]
    public async Task Drain_ends_what_is_live_and_refuses_who_comes_until_resumed()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend, "a.test"));
        using var client = await door.ConnectAsync(Hello);
        await client.ReadExactlyAsync(Hello.Length);
        door.Plane.Drain(TimeSpan.Zero);
        Assert.Empty((await client.ReadToEndAsync())!);
        await door.Until("nothing is live", c => c.Total.Live == 0);
        // At once, so that he goes to another gateway.
        var refused = await Assert.ThrowsAsync<SocketException>(() => door.ConnectAsync());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        door.Plane.Resume();
        using var later = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await later.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public async Task Drained_anew_over_another_window_and_resumed_it_accepts()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend, "a.test"));
        door.Plane.Drain(TimeSpan.FromMinutes(5));
        door.Plane.Drain(TimeSpan.FromMinutes(30));
        door.Plane.Resume();
        using var client = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public async Task Drained_before_the_start_nothing_is_accepted_until_resumed()
    {
        using var backend = new Backend().Echoing();
        var book = new RouteBook();
        using var plane = new RelayPlane(new RelayOptions { Workers = 2 }, book, GatewayLog.None);
        plane.Swap([Route("a", backend, "a.test")]);
        plane.Drain(TimeSpan.FromMinutes(1));
        var address = Ports.Free();
        plane.Start([address]);
        using var early = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => early.ConnectAsync(address))).SocketErrorCode);
        plane.Resume();
        using var later = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await later.ConnectAsync(address);
        await later.SendAsync(Hello);
        Assert.Equal(Hello, await later.ReadExactlyAsync(Hello.Length));
    }

    [Fact]
    public async Task Idle_timeout_of_a_route_ends_what_is_silent()
    {
        using var backend = new Backend().Echoing();
        using var door = new Door(null, Route("a", backend, "a.test") with { IdleTimeout = TimeSpan.FromSeconds(1) }, Route("b", backend, "b.test"));
        using var silent = await door.ConnectAsync(Hello);
        using var kept = await door.ConnectAsync(HelloBytes.Make("b.test"));
        await silent.ReadExactlyAsync(Hello.Length);
        Assert.Empty((await silent.ReadToEndAsync())!);
        await door.Until("the other one is live", c => c.Total.Live == 1);
    }

    private static RouteSpec Route(string key, Backend backend, params string[] names) => new(key, names, [backend.Address]);

    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            at += await socket.SendAsync(bytes.AsMemory(at));
        }
    }
}

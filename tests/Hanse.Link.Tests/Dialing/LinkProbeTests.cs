using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Google.Protobuf;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Dialing;

/// <summary>What a probe makes of each server.</summary>
public sealed class LinkProbeTests
{
    [Fact]
    public async Task A_server_that_says_goodbye_to_one_without_a_certificate_is_one()
    {
        var heard = await AskAsync(async stream =>
        {
            using var socket = await UpgradeAsync(stream);
            var goodbye = new Envelope { Goodbye = new Goodbye { Error = LinkErrors.Of(ErrorCodes.NotTrusted, "It showed no certificate.") } };
            await socket.SendAsync(goodbye.ToByteArray(), WebSocketMessageType.Binary, true, default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
            Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[16], default)).MessageType);
        });
        Assert.Equal(new LinkProbeAnswer(true, ErrorCodes.NotTrusted), heard);
    }

    [Fact]
    public async Task Another_web_server_is_none() =>
        Expect(await AskAsync(stream => SayAsync(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")), "404");

    [Fact]
    public async Task What_does_not_speak_http_is_none() => Expect(await AskAsync(stream => SayAsync(stream, "220 ready\r\n\r\n")), "does not speak HTTP");

    [Fact]
    public async Task What_ends_at_once_is_none() => Expect(await AskAsync(_ => Task.CompletedTask), "");

    [Fact]
    public async Task A_chat_server_that_upgrades_is_none() => Expect(await AskAsync(async stream =>
    {
        using var socket = await UpgradeAsync(stream);
        await socket.SendAsync(Encoding.ASCII.GetBytes("welcome"), WebSocketMessageType.Text, true, default);
    }), "binary frames");

    [Fact]
    public async Task A_server_that_says_something_else_is_none() => Expect(await AskAsync(async stream =>
    {
        using var socket = await UpgradeAsync(stream);
        await socket.SendAsync(new Envelope { Ping = new Ping() }.ToByteArray(), WebSocketMessageType.Binary, true, default);
    }), "did not say goodbye");

    [Fact]
    public async Task A_silent_server_is_waited_for_until_the_caller_has_enough()
    {
        using var enough = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(async stream =>
        {
            using var socket = await UpgradeAsync(stream);
            await enough.CancelAsync();
            await Assert.ThrowsAnyAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[16], default));
        }, enough.Token));
    }

    private static void Expect(LinkProbeAnswer heard, string said)
    {
        Assert.False(heard.IsLink);
        Assert.Contains(said, heard.Said, StringComparison.Ordinal);
    }

    /// <summary>Probes a server that does this with its one connection, and ends it.</summary>
    private static async Task<LinkProbeAnswer> AskAsync(Func<NetworkStream, Task> serve, CancellationToken cancellation = default)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, default);
        var serving = ServeAsync();
        try
        {
            return await Wait.ForTask("the probe", LinkProbe.AskAsync(client.GetStream(), "link.north.test", TimeProvider.System, cancellation));
        }
        finally
        {
            client.Close();
            await Wait.ForTask("the server", serving);
        }

        async Task ServeAsync()
        {
            using var server = await listener.AcceptTcpClientAsync(CancellationToken.None);
            await serve(server.GetStream());
        }
    }

    private static async Task SayAsync(NetworkStream stream, string text)
    {
        await ReadHeadAsync(stream);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
    }

    private static async Task<WebSocket> UpgradeAsync(NetworkStream stream)
    {
        var key = (await ReadHeadAsync(stream)).Split("\r\n").Single(l => l.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))["Sec-WebSocket-Key: ".Length..];
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {UpgradeHandshake.AcceptFor(key)}\r\nSec-WebSocket-Protocol: {LinkProtocol.SubProtocol}\r\n\r\n"));
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = LinkProtocol.SubProtocol });
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}

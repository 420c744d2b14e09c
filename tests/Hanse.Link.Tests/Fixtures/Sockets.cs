using System.Net.WebSockets;
using Google.Protobuf;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Fixtures;

/// <summary>Bare WebSockets that carry envelopes, for peers that break rules.</summary>
internal static class Sockets
{
    public static WebSocket Over(Stream stream, bool isServer) => WebSocket.CreateFromStream(
        stream, new WebSocketCreationOptions { IsServer = isServer, SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });

    public static Task SendAsync(this WebSocket socket, Envelope envelope) => socket.SendBytesAsync(envelope.ToByteArray());

    public static Task SendBytesAsync(this WebSocket socket, byte[] bytes, WebSocketMessageType type = WebSocketMessageType.Binary) =>
        socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None);

    /// <summary>The next envelope; null when the other side closed or cut the connection.</summary>
    public static async Task<Envelope?> ReceiveAsync(this WebSocket socket)
    {
        var buffer = new byte[2 * 1024 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                var receive = socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).AsTask();
                var part = await Wait.ForTask("a frame", receive);
                length += part.Count;
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                if (part.EndOfMessage)
                {
                    return Envelope.Parser.ParseFrom(buffer, 0, length);
                }
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    /// <summary>Reads on until the goodbye.</summary>
    public static async Task<Goodbye> ReceiveGoodbyeAsync(this WebSocket socket)
    {
        while (await socket.ReceiveAsync() is { } envelope)
        {
            if (envelope.BodyCase == Envelope.BodyOneofCase.Goodbye)
            {
                return envelope.Goodbye;
            }
        }

        throw new InvalidOperationException("The connection ended without a goodbye.");
    }

    /// <summary>Says a proper hello and takes the welcome.</summary>
    public static async Task<Welcome> GreetAsync(this WebSocket socket, LinkScene scene)
    {
        await socket.SendAsync(HelloOf(scene));
        return (await socket.ReceiveAsync())!.Welcome;
    }

    public static Envelope HelloOf(LinkScene scene) => new()
    {
        Hello = new Hello
        {
            ProtocolVersion = LinkProtocol.Version,
            Identity = scene.AgentIdentity.ToString(),
            ClockUnixMs = scene.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
            Capabilities = { Capabilities.OfLink },
        },
    };
}

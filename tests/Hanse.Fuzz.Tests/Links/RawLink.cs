using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using Google.Protobuf;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Fuzz.Tests.Links;

/// <summary>A connection upgraded to a link by a peer that may then say anything. It notes every answer until the other side ends it.</summary>
internal sealed class RawLink : IAsyncDisposable
{
    private const int MaxFrame = 4 * 1024 * 1024;

    private readonly SslStream _stream;
    private readonly WebSocket _socket;
    private readonly TaskCompletionSource<Welcome> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private RawLink(SslStream stream)
    {
        _stream = stream;
        _socket = WebSocket.CreateFromStream(
            stream, new WebSocketCreationOptions { IsServer = false, SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
        _reading = ReadAsync();
    }

    /// <summary>The typed end, once it came.</summary>
    public Error? Goodbye { get; private set; }

    /// <summary>Null after a proper close.</summary>
    public Exception? Cut { get; private set; }

    public bool HasEnded => _reading.IsCompleted;

    public ConcurrentDictionary<ulong, Response> Responses { get; } = [];

    public ulong LastPong { get; private set; }

    /// <summary>Ends with the welcome, or with the connection.</summary>
    public async Task<Welcome?> WelcomeAsync()
    {
        await Wait.ForTask("an answer to the hello", Task.WhenAny(_welcome.Task, _reading));
        return _welcome.Task.IsCompletedSuccessfully ? await _welcome.Task : null;
    }

    /// <param name="address">Of the server's HTTPS port.</param>
    /// <param name="serverName">A link name.</param>
    /// <param name="credential">Null: a peer that nobody knows.</param>
    public static async Task<RawLink> ConnectAsync(NodeAddress address, string serverName, NodeCredential? credential)
    {
        var stream = await TlsAsync(address, serverName, credential);
        return await UpgradeHandshake.RunAsync(stream, serverName, CancellationToken.None) is { } refused
            ? throw new InvalidOperationException($"The link was refused before its hello: {refused.Error}")
            : new RawLink(stream);
    }

    public static async Task<SslStream> TlsAsync(NodeAddress address, string serverName, NodeCredential? credential)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName, AllowTlsResume = false, ClientCertificateContext = credential?.DialContext,
            // It is the server that is under test here.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        return stream;
    }

    /// <summary>False when the other side has ended the connection.</summary>
    public async Task<bool> TrySendAsync(byte[] frame, WebSocketMessageType type = WebSocketMessageType.Binary)
    {
        try
        {
            await _socket.SendAsync(frame.AsMemory(), type, endOfMessage: true, CancellationToken.None);
            return true;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            return false;
        }
    }

    /// <summary>Bytes that are not even a WebSocket.</summary>
    public async Task<bool> TrySendRawAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes);
            return true;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            return false;
        }
    }

    public Task EndedAsync(TimeSpan deadline) => Wait.ForTask("the server to end the connection", _reading, deadline);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await Wait.ForTask("the raw link to end", _reading);
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[MaxFrame];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                Take(Envelope.Parser.ParseFrom(buffer, 0, length));
            }
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            Cut = ended; // However it ended, it ended.
        }
    }

    private void Take(Envelope envelope)
    {
        switch (envelope.BodyCase)
        {
            case Envelope.BodyOneofCase.Welcome:
                _welcome.TrySetResult(envelope.Welcome);
                break;
            case Envelope.BodyOneofCase.Goodbye:
                Goodbye = envelope.Goodbye.Error ?? new Error();
                break;
            case Envelope.BodyOneofCase.Response:
                Responses[envelope.Response.Id] = envelope.Response;
                break;
            case Envelope.BodyOneofCase.Pong:
                LastPong = Math.Max(LastPong, envelope.Pong.Sequence);
                break;
            case Envelope.BodyOneofCase.Request:
                // What the server asks is not what is tested: say so and go on.
                _ = TrySendAsync(new Envelope
                {
                    Response = new Response { Id = envelope.Request.Id, Error = new Error { Code = ErrorCodes.UnknownMethod, Message = "This peer answers nothing." } },
                }.ToByteArray());
                break;
        }
    }

    private static bool IsEnd(Exception failure) =>
        failure is IOException or SocketException or WebSocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException;
}

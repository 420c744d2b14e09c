using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Hanse.Protocol.Links;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Fuzz.Tests.Links;

/// <summary>A man in the middle who holds the keys of both nodes: it ends TLS on either side with the node's own credential and passes on what is
/// said. It sees every frame of a link in the clear, and may put others in between.</summary>
/// <param name="dialler">The credential of who dials; null until it has one, as at joining.</param>
/// <param name="server">The credential of who is dialled.</param>
/// <param name="target">Where the dialled server really listens.</param>
/// <param name="heard">Told each frame, and whether the dialler sent it.</param>
internal sealed class LinkTap(
    Func<NodeCredential?> dialler, Func<NodeCredential> server, Func<NodeAddress> target, Action<bool, byte[]> heard) : IAsyncDisposable
{
    private const int MaxFrame = 4 * 1024 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private Task _accepting = Task.CompletedTask;
    private volatile WebSocket? _dialler;

    public int Port { get; private set; }

    public void Start()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Says something to the node that dialled, as if its server had. False when no link is up.</summary>
    public async Task<bool> TryInjectAsync(byte[] frame)
    {
        try
        {
            if (_dialler is not { State: WebSocketState.Open } link)
            {
                return false;
            }

            await link.SendAsync(frame.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, _stop.Token);
            return true;
        }
        catch (Exception ended) when (ended is IOException or WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Wait.ForTask("the tap to end", _accepting);
        await Wait.ForTask("the tap's connections to end", Task.WhenAll(_connections));
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed: nobody is let in any more.
        }
    }

    private async Task ServeAsync(TcpClient inbound)
    {
        try
        {
            using (inbound)
            using (var outbound = new TcpClient { NoDelay = true })
            {
                inbound.NoDelay = true;
                var name = "";
                await using var near = new SslStream(inbound.GetStream(), leaveInnerStreamOpen: false);
                await near.AuthenticateAsServerAsync(
                    (_, hello, _, _) =>
                    {
                        name = hello.ServerName;
                        return ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            ServerCertificateContext = server().TlsContext, ClientCertificateRequired = true,
                            RemoteCertificateValidationCallback = (_, _, _, _) => true,
                        });
                    },
                    null, _stop.Token);
                var address = target();
                await outbound.ConnectAsync(address.Host, address.Port, _stop.Token);
                await using var far = new SslStream(outbound.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
                await far.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = name, AllowTlsResume = false, ClientCertificateContext = near.RemoteCertificate is null ? null : dialler()?.DialContext,
                    },
                    _stop.Token);
                await PassAsync(near, far);
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException or WebSocketException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
        {
            // One side left: the other is let go.
        }
    }

    private async Task PassAsync(SslStream near, SslStream far)
    {
        var request = await HeadAsync(near);
        await far.WriteAsync(Encoding.Latin1.GetBytes(request), _stop.Token);
        if (!request.StartsWith($"GET {LinkProtocol.Path} ", StringComparison.Ordinal))
        {
            await EitherAsync(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
            return;
        }

        await near.WriteAsync(Encoding.Latin1.GetBytes(await HeadAsync(far)), _stop.Token);
        using var diallerSide = Socket(near, isServer: true);
        using var serverSide = Socket(far, isServer: false);
        _dialler = diallerSide;
        await EitherAsync(PumpAsync(diallerSide, serverSide, up: true), PumpAsync(serverSide, diallerSide, up: false));
    }

    private async Task PumpAsync(WebSocket from, WebSocket to, bool up)
    {
        var buffer = new byte[MaxFrame];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await from.ReceiveAsync(buffer.AsMemory(length), _stop.Token);
                length += part.Count;
            }
            while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await to.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _stop.Token);
                return;
            }

            heard(up, buffer[..length]);
            await to.SendAsync(buffer.AsMemory(0, length), WebSocketMessageType.Binary, endOfMessage: true, _stop.Token);
        }
    }

    /// <summary>Both ways until one ends; what the other says on the way out is given a moment.</summary>
    private async Task EitherAsync(Task one, Task other)
    {
        await await Task.WhenAny(one, other);
        await Task.WhenAny(Task.WhenAll(one, other), Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, _stop.Token));
    }

    private async Task<string> HeadAsync(SslStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private static WebSocket Socket(Stream stream, bool isServer) => WebSocket.CreateFromStream(
        stream, new WebSocketCreationOptions { IsServer = isServer, SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
}

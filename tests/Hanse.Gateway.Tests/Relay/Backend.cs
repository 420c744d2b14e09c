using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>An upstream whose connections the test holds in its hands.</summary>
internal sealed class Backend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Channel<Socket> _accepted = Channel.CreateUnbounded<Socket>();

    internal Backend()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        _ = AcceptAsync();
    }

    internal IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>The next connection.</summary>
    internal Task<Socket> NextAsync() => Wait.ForTask("a connection at the upstream", _accepted.Reader.ReadAsync().AsTask());

    /// <summary>True when no connection waits to be taken.</summary>
    internal bool IsUntouched => _accepted.Reader.Count == 0;

    /// <summary>Takes each connection and sends back what comes, until the end.</summary>
    internal Backend Echoing()
    {
        _ = EchoAllAsync();
        return this;
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _accepted.Writer.TryWrite(socket);
            }
        }
        catch (SocketException ended) when (ended.SocketErrorCode is SocketError.OperationAborted)
        {
            _accepted.Writer.TryComplete();
        }
    }

    private async Task EchoAllAsync()
    {
        await foreach (var socket in _accepted.Reader.ReadAllAsync())
        {
            _ = EchoAsync(socket);
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[65536];
            try
            {
                while (await socket.ReceiveAsync(buffer) is > 0 and var count)
                {
                    await socket.SendAsync(buffer.AsMemory(0, count));
                }

                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                // The test ended it.
            }
        }
    }
}

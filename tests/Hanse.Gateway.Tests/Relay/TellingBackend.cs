using System.Net;
using System.Net.Sockets;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>An upstream that says first which one it is, in one byte, and then sends back what comes.</summary>
internal sealed class TellingBackend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal TellingBackend(byte mark)
    {
        Mark = mark;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        _ = AcceptAsync();
    }

    internal byte Mark { get; }

    internal IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptAsync());
            }
        }
        catch (SocketException ended) when (ended.SocketErrorCode is SocketError.OperationAborted)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[4096];
            buffer[0] = Mark;
            var count = 1;
            try
            {
                do
                {
                    await socket.SendAsync(buffer.AsMemory(0, count));
                    count = await socket.ReceiveAsync(buffer);
                }
                while (count > 0);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                // The test ended it.
            }
        }
    }
}

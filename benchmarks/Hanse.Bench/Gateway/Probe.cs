using System.Net;
using System.Net.Sockets;

namespace Hanse.Bench.Gateway;

/// <summary>Says a hello in pieces, each in a segment of its own, and takes the upstream's first byte.</summary>
internal static class Probe
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <returns>The byte, or -1 when the relay ended the connection or said nothing.</returns>
    internal static async Task<int> AnswerAsync(int port, byte[][] pieces)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var deadline = new CancellationTokenSource(Deadline, TimeProvider.System);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), deadline.Token);
            foreach (var piece in pieces)
            {
                await socket.SendAsync(piece, SocketFlags.None, deadline.Token);
                await Task.Delay(Between, TimeProvider.System, deadline.Token);
            }

            var answer = new byte[1];
            return await socket.ReceiveAsync(answer, SocketFlags.None, deadline.Token) == 1 ? answer[0] : -1;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return -1;
        }
    }
}

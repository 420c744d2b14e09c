using System.Net.Sockets;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>Whole reads, and what stands at the end of a stream.</summary>
internal static class Streams
{
    internal static async Task<byte[]> ReadExactlyAsync(this Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = await Wait.ForTask($"byte {at} of {count}", socket.ReceiveAsync(bytes.AsMemory(at)).AsTask());
            Assert.True(read > 0, $"the stream ended after {at} of {count} bytes");
            at += read;
        }

        return bytes;
    }

    /// <summary>All up to the end; null for a reset.</summary>
    internal static async Task<byte[]?> ReadToEndAsync(this Socket socket)
    {
        var all = new List<byte>();
        var buffer = new byte[65536];
        try
        {
            while (await Wait.ForTask("the end of the stream", socket.ReceiveAsync(buffer.AsMemory()).AsTask()) is > 0 and var count)
            {
                all.AddRange(buffer.AsSpan(0, count));
            }

            return [.. all];
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return null;
        }
    }

    /// <summary>Bytes of which each tells its place.</summary>
    internal static byte[] Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i ^ (i >> 8) ^ (i >> 16)))];
}

using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Hanse.Gateway.Tests.Hello;

/// <summary>ClientHellos: a real one of .NET's TLS, hand-made ones, and ways to spread them over records.</summary>
internal static class HelloBytes
{
    /// <summary>What a real client sends first, caught from a socket.</summary>
    internal static async Task<byte[]> RealAsync(string name)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((System.Net.IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(client.GetStream());
        var handshake = tls.AuthenticateAsClientAsync(name);
        var header = new byte[5];
        await server.GetStream().ReadExactlyAsync(header);
        var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))];
        await server.GetStream().ReadExactlyAsync(body);
        server.Close();
        await Assert.ThrowsAnyAsync<IOException>(() => handshake);
        return [.. header, .. body];
    }

    /// <summary>A legal hello in one record; the padding makes it as large as wanted.</summary>
    internal static byte[] Make(string? name, int padding = 0) => Record(Message(name is null ? [] : Names(Encoding.UTF8.GetBytes(name)), padding));

    /// <summary>A legal handshake message of exactly this many bytes.</summary>
    internal static byte[] MakeOfSize(string name, int size) => Message(Names(Encoding.UTF8.GetBytes(name)), size - Message(Names(Encoding.UTF8.GetBytes(name)), 0).Length);

    internal static byte[] Names(byte[] name) => Extension(0, Prefixed(2, [0, .. Prefixed(2, name)]));

    /// <summary>A message with these extensions, and one of padding so large.</summary>
    internal static byte[] Message(byte[] extensions, int padding)
    {
        byte[] all = padding == 0 ? [.. extensions, .. Extension(21, [])] : [.. extensions, .. Extension(21, new byte[padding])];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, .. Prefixed(2, all)];
        return [1, .. Prefixed(3, body)];
    }

    internal static byte[] Extension(ushort type, byte[] value) => [(byte)(type >> 8), (byte)type, .. Prefixed(2, value)];

    internal static byte[] Record(ReadOnlySpan<byte> payload) => [22, 3, 1, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    /// <summary>The message in records of so many bytes.</summary>
    internal static byte[] Split(ReadOnlySpan<byte> message, int each)
    {
        var wire = new List<byte>();
        for (var at = 0; at < message.Length; at += each)
        {
            wire.AddRange(Record(message.Slice(at, Math.Min(each, message.Length - at))));
        }

        return [.. wire];
    }

    private static byte[] Prefixed(int bytes, byte[] value) =>
        bytes == 1 ? [(byte)value.Length, .. value]
        : bytes == 2 ? [(byte)(value.Length >> 8), (byte)value.Length, .. value]
        : [(byte)(value.Length >> 16), (byte)(value.Length >> 8), (byte)value.Length, .. value];
}

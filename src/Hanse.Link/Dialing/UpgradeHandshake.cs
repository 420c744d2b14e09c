using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;

namespace Hanse.Link.Dialing;

/// <summary>The HTTP/1.1 upgrade to a WebSocket (RFC 6455, section 4.1) over a connected stream. Reads not one byte past the response head.</summary>
internal static class UpgradeHandshake
{
    private const int MaxHeadBytes = 8 * 1024;
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Null once upgraded; otherwise the server's refusal.</summary>
    /// <exception cref="IOException">The connection ended, or what came is no HTTP.</exception>
    public static async Task<DialResult.Refused?> RunAsync(Stream stream, string serverName, CancellationToken cancellation)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var request = $"GET {LinkProtocol.Path} HTTP/1.1\r\nHost: {serverName}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {LinkProtocol.SubProtocol}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellation).ConfigureAwait(false);
        return Judge(await ReadHeadAsync(stream, cancellation).ConfigureAwait(false), AcceptFor(key));
    }

    /// <summary>Judges a response head, without its closing empty line.</summary>
    internal static DialResult.Refused? Judge(string head, string accept)
    {
        var lines = head.Split("\r\n");
        var status = lines[0].Split(' ', 3);
        if (status.Length < 2 || !status[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(status[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            throw new IOException("The server does not speak HTTP.");
        }

        if (code != 101)
        {
            var retryAfter = int.TryParse(Header(lines, "Retry-After"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
            return new DialResult.Refused(
                LinkErrors.Of(ErrorCodes.UpgradeRefused, $"The server refused the link with HTTP {code}: is this the link name of a site or coordinator?"),
                TimeSpan.FromSeconds(retryAfter));
        }

        return Header(lines, "Sec-WebSocket-Accept") == accept && Header(lines, "Sec-WebSocket-Protocol") == LinkProtocol.SubProtocol
            ? null
            : throw new IOException($"The server upgraded to something else than {LinkProtocol.SubProtocol}.");
    }

    internal static string AcceptFor(string key)
    {
#pragma warning disable CA5350 // RFC 6455 prescribes SHA-1 here; nothing secret depends on it.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350
    }

    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellation)
    {
        var head = new StringBuilder(256);
        var one = new byte[1];
        // Byte by byte, out of the TLS layer's own buffer: what follows the head belongs to the WebSocket.
        while (head.Length < MaxHeadBytes)
        {
            await stream.ReadExactlyAsync(one, cancellation).ConfigureAwait(false);
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.Length >= 4 && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r')
            {
                return head.ToString(0, head.Length - 4);
            }
        }

        throw new IOException($"The server's response head is longer than {MaxHeadBytes} bytes.");
    }

    private static string? Header(string[] lines, string name) =>
        lines.Skip(1).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()).FirstOrDefault();
}

using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hanse.Bench.Links;

/// <summary>Opens many idle WebSockets to the bare peer and holds them until disposed.</summary>
internal sealed class PeerLinks : IDisposable
{
    private const int AtOnce = 32;
    private readonly List<SslStream> _links = [];

    public async Task OpenAsync(int port, int count)
    {
        var certificate = SslStreamCertificateContext.Create(PeerCertificate.Make(), null, offline: true);
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var link = await OpenAsync(port, certificate);
                lock (_links)
                {
                    _links.Add(link);
                }
            }
        }));
    }

    public void Dispose() => _links.ForEach(l => l.Dispose());

    private static async Task<SslStream> OpenAsync(int port, SslStreamCertificateContext certificate)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            AllowTlsResume = false,
            ClientCertificateContext = certificate,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")));
        var answer = new byte[1024];
        var read = await stream.ReadAsync(answer);
        return Encoding.ASCII.GetString(answer, 0, read).StartsWith("HTTP/1.1 101", StringComparison.Ordinal)
            ? stream
            : throw new InvalidOperationException("The peer did not take the WebSocket.");
    }
}

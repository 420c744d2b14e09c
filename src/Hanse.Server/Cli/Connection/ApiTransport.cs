using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Server.Cli.Connection;

/// <summary>Connections to the API: over TLS verified by the federation's own roots alone, or over a Unix socket.</summary>
internal static class ApiTransport
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    public static HttpClient OverSocket(string path)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new(handler) { BaseAddress = new("http://localhost/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <param name="address">What is dialled.</param>
    /// <param name="serverName">The TLS name to ask for and verify.</param>
    /// <param name="roots">The only roots that are trusted.</param>
    public static HttpClient OverTls(Uri address, string serverName, X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return Client(new() { CertificateChainPolicy = policy, AllowTlsResume = false }, address, serverName, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For fetching what is public and not yet trusted (J2): nothing secret may be sent over it.</summary>
    public static HttpClient Unverified(Uri address, string serverName) =>
        Client(new() { RemoteCertificateValidationCallback = (_, _, _, _) => true, AllowTlsResume = false }, address, serverName, TimeSpan.FromSeconds(30));

    /// <summary>The handler takes the TLS name from the Host header, and overwrites any TargetHost that its options name.</summary>
    private static HttpClient Client(SslClientAuthenticationOptions tls, Uri address, string serverName, TimeSpan timeout) =>
        new(new SocketsHttpHandler { SslOptions = tls, UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = ConnectTimeout })
        {
            BaseAddress = address, Timeout = timeout, DefaultRequestHeaders = { Host = serverName },
        };
}

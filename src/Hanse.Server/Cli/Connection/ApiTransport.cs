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
    /// <param name="roots">The only roots that are trusted, and those that they vouch for.</param>
    /// <param name="keep">Told the roots that took their place.</param>
    public static HttpClient OverTls(Uri address, string serverName, X509Certificate2Collection roots, Action<IReadOnlyList<X509Certificate2>> keep) =>
        Client(new RootFollower(address, serverName, roots, keep), address, serverName, Timeout.InfiniteTimeSpan);

    /// <summary>For a server with a certificate of its operator's own (T8): verified by what this machine trusts, and by the name.</summary>
    public static HttpClient BySystem(Uri address, string serverName) => Client(Handler(new() { AllowTlsResume = false }), address, serverName, Timeout.InfiniteTimeSpan);

    /// <summary>Trusts these roots alone.</summary>
    public static SocketsHttpHandler Verified(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return Handler(new() { CertificateChainPolicy = policy, AllowTlsResume = false });
    }

    /// <summary>For fetching what is public and not yet trusted (J2): nothing secret may be sent over it.</summary>
    public static HttpClient Unverified(Uri address, string serverName) => Client(
        Handler(new() { RemoteCertificateValidationCallback = (_, _, _, _) => true, AllowTlsResume = false }), address, serverName, TimeSpan.FromSeconds(30));

    private static SocketsHttpHandler Handler(SslClientAuthenticationOptions tls) =>
        new() { SslOptions = tls, UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = ConnectTimeout };

    /// <summary>The handler takes the TLS name from the Host header, and overwrites any TargetHost that its options name.</summary>
    private static HttpClient Client(HttpMessageHandler handler, Uri address, string serverName, TimeSpan timeout) =>
        new(handler) { BaseAddress = address, Timeout = timeout, DefaultRequestHeaders = { Host = serverName } };
}

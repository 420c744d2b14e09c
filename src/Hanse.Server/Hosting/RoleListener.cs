using System.Net;
using Hanse.Link.Serving;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Hanse.Server.Hosting;

/// <summary>The doors of one role: one HTTPS port, where the TLS server name decides what is served (L2), and a Unix socket for the
/// machine's owner (J6). The role is asked for its TLS at each handshake, so that renewed certificates take effect at once.</summary>
public static class RoleListener
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Between requests, and before the first: who connects and says nothing is dropped (L4). Links are not judged by it.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(20);

    public static void ListenForRole(this KestrelServerOptions kestrel, IPEndPoint endpoint, string socketPath, Func<INodeServer> server)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.RequestHeadersTimeout = HandshakeLimit;
        kestrel.Limits.KeepAliveTimeout = IdleLimit;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = HandshakeLimit,
                OnConnection = context => ValueTask.FromResult(server().Tls(context.ClientHelloInfo.ServerName)),
            });
        });
        File.Delete(socketPath); // left by a process that was killed; the data folder's lock says that we are alone
        kestrel.ListenUnixSocket(socketPath, listen => listen.Protocols = HttpProtocols.Http1);
    }
}

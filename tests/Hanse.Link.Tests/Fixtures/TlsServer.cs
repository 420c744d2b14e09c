using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hanse.Authority.Issuing;
using Hanse.Link.Accepting;
using Hanse.Link.Dialing;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Link.Tests.Fixtures;

/// <summary>A federation's trust, and a site that accepts links on loopback over real TCP, TLS and HTTP upgrade.</summary>
internal sealed class TlsServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly LifetimeOptions _lifetimes = new();
    private readonly FederationId _federation = FederationId.New();
    private readonly SiteId _site = SiteId.New();
    private readonly LeafIssuer _issuer;
    private readonly NodeCredential _server;

    public TlsServer()
    {
        using var root = RootAuthority.Create(_federation, _lifetimes, TimeProvider.System);
        Assert.True(ServerNames.TryCreate(["north.example"], [], out var names, out _));
        var key = NodeKey.Generate();
        _issuer = new LeafIssuer(key, root.IssueForSite(_site, key.PublicKey, names, TimeProvider.System), _lifetimes);
        _server = _issuer.IssueOwnCredential(names, TimeProvider.System);
        ServerName = names.LinkName;
        Trust = CurrentTrust.InMemory(new TrustAnchors(_federation, [X509CertificateLoader.LoadCertificate(root.Certificate.RawData)], [_issuer.Intermediate]));
        Verifier = new PeerVerifier(Trust, TimeProvider.System);
        _listener.Start();
    }

    public string ServerName { get; }

    public CurrentTrust Trust { get; }

    public PeerVerifier Verifier { get; }

    public NodeIdentity Identity => _server.Identity;

    public NodeAddress Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>What happened to the last connection that failed before it was a link.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>A new agent of the site.</summary>
    public CurrentCredential NewAgent()
    {
        var key = NodeKey.Generate();
        return CurrentCredential.InMemory(new NodeCredential(key, _issuer.IssueAgent(HostId.New(), key.PublicKey, TimeProvider.System), [_issuer.Intermediate]));
    }

    public LinkTls TlsOf(CurrentCredential agent, SiteId? expected = null) => new(agent, Verifier, PeerExpectation.TheSite(expected ?? _site));

    /// <summary>Accepts until disposed.</summary>
    public async Task ServeAsync(LinkAcceptor acceptor)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = ServeOneAsync(client, acceptor);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeOneAsync(TcpClient client, LinkAcceptor acceptor)
    {
        try
        {
            var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(PeerTls.ForServer(_server, Verifier));
            var key = await ReadKeyAsync(stream);
            var response = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {UpgradeHandshake.AcceptFor(key)}\r\n"
                + $"Sec-WebSocket-Protocol: {LinkProtocol.SubProtocol}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(response));
            await JudgeAsync(stream, Sockets.Over(stream, isServer: true), acceptor);
        }
        catch (Exception failed) when (failed is IOException or AuthenticationException)
        {
            Failure = failed;
            client.Dispose();
        }
    }

    private Task<LinkEnd> JudgeAsync(SslStream stream, WebSocket socket, LinkAcceptor acceptor) =>
        Verifier.Verify(stream.RemoteCertificate as X509Certificate2, PeerExpectation.AgentsOf(_site)) switch
        {
            PeerVerdict.Verified verified => acceptor.AcceptAsync(socket, new AcceptedPeer(verified.Identity, null)),
            var refused => acceptor.RefuseAsync(socket, LinkErrors.Of(refused.Code, refused.Message)),
        };

    private static async Task<string> ReadKeyAsync(Stream stream)
    {
        var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var key = "";
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            key = line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal) ? line["Sec-WebSocket-Key: ".Length..] : key;
        }

        return key;
    }
}

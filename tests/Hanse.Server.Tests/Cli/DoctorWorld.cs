using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hanse.Protocol.Messages;
using Hanse.Server.Cli.Connection;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Cli;

/// <summary>A real gateway in front of a real site, and in front of all that a site is not.</summary>
public sealed class DoctorWorld : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly List<TcpListener> _others = [];
    private readonly Socket _closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private RealServer _server = null!;
    private RealProcess _gateway = null!;

    /// <summary>Of the federation that the site is of.</summary>
    internal string RootsPem { get; private set; } = "";

    /// <summary>Another federation's.</summary>
    internal string ForeignRootsPem { get; private set; } = "";

    internal string Door { get; private set; } = "";

    /// <summary>A port that is ours, so that nobody else listens there, and where we do not.</summary>
    internal int ClosedPort => ((IPEndPoint)_closed.LocalEndPoint!).Port;

    internal string GatewayOutput => _gateway.Output;

    public async ValueTask InitializeAsync()
    {
        _closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _server = new RealServer();
        await _server.StartAsync();
        RootsPem = await RootsAsync(_server.Port);
        var foreign = new TestPki(TimeProvider.System);
        ForeignRootsPem = foreign.Root.Certificate.ExportCertificatePem();
        var routes = new (string Name, int Port)[]
        {
            ("main.localhost", _server.Port + 1), ("other.test", _server.Port + 1), ("down.test", ClosedPort), ("reset.test", Listen(ResetAsync)),
            ("foreign.test", Listen(client => WebAsync(client, foreign.AddSite("foreign.test").Credential.TlsContext))), ("web.test", Listen(client => WebAsync(client, SelfSigned("web.test")))),
        };
        await File.WriteAllTextAsync(_folder.File("routes.yaml"), "routes:\n" + string.Concat(routes.Select(r =>
            $"  - name: {r.Name}\n    serverNames: [{r.Name}, link.{r.Name}]\n    addresses: [\"127.0.0.1:{r.Port}\"]\n")));
        Door = $"127.0.0.1:{RealProcess.FreePort()}";
        _gateway = RealProcess.Start(
            RealProcess.Program("hanse-gateway"), "run", "--data", _folder.File("gateway"), "--routes", _folder.File("routes.yaml"), "--listen", Door, "--workers", "1");
        await Wait.For("the gateway to listen", () => _gateway.Output.Contains("\"started\"", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => _gateway.Output);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
        {
            other.Dispose();
        }

        _closed.Dispose();
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<string> RootsAsync(int port)
    {
        using var http = ApiTransport.Unverified(new Uri($"https://127.0.0.1:{port}"), "link.localhost");
        var set = TrustSet.Parser.ParseFrom(await http.GetByteArrayAsync(new Uri("/trust", UriKind.Relative)));
        return string.Join('\n', set.Roots.Select(r => X509CertificateLoader.LoadCertificate(r.Span).ExportCertificatePem()));
    }

    private int Listen(Func<TcpClient, Task> serve)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _others.Add(listener);
        _ = AcceptAsync(listener, serve);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task AcceptAsync(TcpListener listener, Func<TcpClient, Task> serve)
    {
        try
        {
            while (true)
            {
                _ = serve(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The tests are over.
        }
    }

    /// <summary>Only once a hello has come: before, it would be a dial that failed.</summary>
    private static async Task ResetAsync(TcpClient client)
    {
        await client.GetStream().ReadExactlyAsync(new byte[1]);
        client.LingerState = new LingerOption(true, 0);
        // The client's own end would say farewell first.
        client.Client.Dispose();
    }

    /// <summary>Any web server: whatever is asked, it knows no such page.</summary>
    private static async Task WebAsync(TcpClient client, SslStreamCertificateContext certificate)
    {
        try
        {
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = certificate });
            using var reader = new StreamReader(stream, leaveOpen: true);
            while (await reader.ReadLineAsync() is { Length: > 0 })
            {
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            await stream.ShutdownAsync();
        }
        catch (Exception left) when (left is IOException or AuthenticationException)
        {
            // A client that only looked.
        }
    }

    private static SslStreamCertificateContext SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName($"link.{name}");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return SslStreamCertificateContext.Create(request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30)), null);
    }
}

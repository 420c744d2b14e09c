using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hanse.Authority.Issuing;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Server.Tests.Hosting;

/// <summary>A real gateway in front of a real server: joined by its join string, told of sites as they join, and on its own when the server is dead (G1).</summary>
public sealed class GatewayJourneyTests
{
    [Fact]
    public async Task A_gateway_joins_routes_what_joins_after_it_and_goes_on_without_its_coordinator()
    {
        await using var server = new RealServer();
        await server.StartAsync();
        using var folder = new TestFolder();
        var (data, port) = (folder.File("gateway"), RealProcess.FreePort());
        await JoinAsync(server, data);
        var gateway = Start(data, port);
        try
        {
            Assert.Equal("hanse coordinator", await KindBehindAsync(port, "link.localhost", gateway));

            using var late = await LateSite.JoinAsync(server, "late");
            Assert.Equal("late", await late.HeardThroughAsync(port, "link.late.test", gateway));
            await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(port, "nobody.test"));
            await ShownAsync(server, gateway);

            await DrainAsync(server, port, gateway);
            await gateway.DisposeAsync();
            gateway = Start(data, port);
            await Wait.For("the gateway to drain as before it started anew", () => gateway.Output.Contains("\"draining\"", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => gateway.Output);
            Assert.True(await RefusesAsync(port));
            await ResumeAsync(server, port, gateway);

            server.Process.Process.Kill();
            await server.Process.EndedAsync();
            await gateway.DisposeAsync();
            gateway = Start(data, port);
            Assert.Equal("late", await late.HeardThroughAsync(port, "late.test", gateway));
        }
        finally
        {
            await gateway.DisposeAsync();
            await StopDatabaseAsync(server);
        }
    }

    private static async Task JoinAsync(RealServer server, string data)
    {
        var (status, invited) = await RealServer.PostAsync(server.Coordinator, "gateways/invitations", new { name = "door", addresses = new[] { "door.test:443" } });
        Assert.True(status == 200, invited.ToString());
        var joinString = invited.GetProperty("joinString").GetString()!;
        var (code, output) = await RealProcess.RunAsync(RealProcess.Program("hanse-gateway"), joinString, "join", "--data", data);
        Assert.True(code == 0, output);
        Assert.Contains("Joined as gateway door", output, StringComparison.Ordinal);
        var (again, said) = await RealProcess.RunAsync(RealProcess.Program("hanse-gateway"), joinString, "join", "--data", data);
        Assert.Equal((5, true), (again, said.Contains("already", StringComparison.Ordinal)));
        var (argument, refused) = await RealProcess.RunAsync(RealProcess.Program("hanse-gateway"), "", "join", joinString);
        Assert.Equal((2, false), (argument, refused.Contains(joinString, StringComparison.Ordinal)));
    }

    private static RealProcess Start(string data, int port) =>
        RealProcess.Start(RealProcess.Program("hanse-gateway"), "run", "--data", data, "--listen", $"127.0.0.1:{port}", "--workers", "1");

    /// <summary>It counts what went through it, and the coordinator shows it.</summary>
    private static Task ShownAsync(RealServer server, RealProcess gateway) => Wait.For("the gateway's report to be shown", async () =>
        await RealServer.TryAsync(server.Coordinator, "gateways/door") is { } shown && shown.GetProperty("link").GetString() == "online"
        && shown.GetProperty("report") is { ValueKind: JsonValueKind.Object } report
        && report.GetProperty("routes").EnumerateArray().Any(r => r.GetProperty("name").GetString() == "late" && r.GetProperty("accepted").GetInt64() > 0)
        && report.GetProperty("refusals").GetProperty("unknown-name").GetInt64() > 0,
        TimeSpan.FromSeconds(60), () => gateway.Output);

    /// <summary>While it drains it refuses, and what was open ends.</summary>
    private static async Task DrainAsync(RealServer server, int port, RealProcess gateway)
    {
        await using var open = await ConnectAsync(port, "link.late.test");
        using var drained = await server.Coordinator.PostAsync("gateways/door/drain", JsonContent("""{"window":"1s","reason":"test"}"""));
        Assert.Equal(HttpStatusCode.NoContent, drained.StatusCode);
        await Wait.ForTask("the open connection to end", ReadToEndAsync(open), TimeSpan.FromSeconds(60));
        await Wait.For("the gateway to accept nothing", () => RefusesAsync(port), TimeSpan.FromSeconds(30), () => gateway.Output);
    }

    private static async Task ResumeAsync(RealServer server, int port, RealProcess gateway)
    {
        using var resumed = await server.Coordinator.PostAsync("gateways/door/resume", JsonContent("{}"));
        Assert.Equal(HttpStatusCode.NoContent, resumed.StatusCode);
        await Wait.For("the gateway to accept again", async () => !await RefusesAsync(port), TimeSpan.FromSeconds(30), () => gateway.Output);
    }

    private static StringContent JsonContent(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    private static async Task<bool> RefusesAsync(int port)
    {
        try
        {
            await using var connection = await ConnectAsync(port, "link.late.test");
            return false;
        }
        catch (Exception refused) when (refused is SocketException or IOException or AuthenticationException)
        {
            return true;
        }
    }

    private static async Task ReadToEndAsync(SslStream stream)
    {
        try
        {
            var buffer = new byte[1024];
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Ended without TLS's farewell: the gateway has no part in TLS.
        }
    }

    /// <summary>The common name of the certificate that the gateway leads to, lower case.</summary>
    private static async Task<string> KindBehindAsync(int port, string serverName, RealProcess gateway)
    {
        var name = "";
        await Wait.For($"{serverName} to be routed", async () =>
        {
            try
            {
                await using var stream = await ConnectAsync(port, serverName);
                name = new X509Certificate2(stream.RemoteCertificate!).GetNameInfo(X509NameType.SimpleName, false).ToLowerInvariant();
                return true;
            }
            catch (Exception notYet) when (notYet is SocketException or IOException or AuthenticationException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(60), () => gateway.Output);
        return name;
    }

    private static async Task<SslStream> ConnectAsync(int port, string serverName)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            var stream = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
            await stream.AuthenticateAsClientAsync(serverName);
            return stream;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The server was killed; its PostgreSQL lives on (S1), and the test has nobody else to end it.</summary>
    private static async Task StopDatabaseAsync(RealServer server)
    {
        using var postmaster = System.Diagnostics.Process.GetProcessById(server.PostgresId);
        postmaster.Kill();
        await postmaster.WaitForExitAsync();
    }

    /// <summary>A site that joins while the gateway runs: it really redeems its token, and says its name to whoever comes by TLS.</summary>
    private sealed class LateSite : IDisposable
    {
        private readonly TcpListener _listener;
        private readonly NodeCredential _credential;

        private LateSite(NodeCredential credential, int port, string name)
        {
            (_credential, _listener) = (credential, new TcpListener(IPAddress.Loopback, port));
            _listener.Start();
            _ = ServeAsync(name);
        }

        public static async Task<LateSite> JoinAsync(RealServer server, string name)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var (status, invited) = await RealServer.PostAsync(
                server.Coordinator, "sites/invitations", new { name, externalNames = new[] { $"{name}.test" }, addresses = new[] { $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}" } });
            Assert.True(status == 200, invited.ToString());
            var read = Assert.IsType<JoinStringOutcome.Read>(JoinString.Parse(invited.GetProperty("joinString").GetString(), NodeKind.Site, TimeProvider.System.GetUtcNow()));
            var key = NodeKey.Generate();
            var joined = Assert.IsType<SiteJoinOutcome.Joined>(await new JoinClient(TimeProvider.System).JoinSiteAsync(read.Invitation, key, new SiteDescription("1.0", []), default));
            var issuer = new LeafIssuer(key, joined.Intermediate, new LifetimeOptions());
            Assert.True(ServerNames.TryCreate(joined.ExternalNames, ["127.0.0.1"], out var names, out _));
            probe.Stop();
            return new LateSite(issuer.IssueOwnCredential(names, TimeProvider.System), joined.Addresses.Single().Port, name);
        }

        public async Task<string> HeardThroughAsync(int port, string serverName, RealProcess gateway)
        {
            var heard = "";
            await Wait.For($"{serverName} to be heard through the gateway", async () =>
            {
                try
                {
                    await using var stream = await ConnectAsync(port, serverName);
                    using var reader = new StreamReader(stream);
                    heard = await reader.ReadLineAsync() ?? "";
                    return heard.Length > 0;
                }
                catch (Exception notYet) when (notYet is SocketException or IOException or AuthenticationException)
                {
                    return false;
                }
            }, TimeSpan.FromSeconds(60), () => gateway.Output);
            return heard;
        }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string name)
        {
            try
            {
                while (true)
                {
                    _ = SayAsync(await _listener.AcceptTcpClientAsync(), name);
                }
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task SayAsync(TcpClient client, string name)
        {
            try
            {
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _credential.TlsContext });
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(name + "\n"));
                await ReadToEndAsync(stream);
            }
            catch (Exception left) when (left is IOException or AuthenticationException)
            {
                // A client that only looked.
            }
        }
    }
}

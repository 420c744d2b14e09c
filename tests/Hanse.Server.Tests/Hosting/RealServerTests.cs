using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>One real process of both roles, and what happens to it.</summary>
public sealed class RealServerTests
{
    [Fact]
    public async Task Both_roles_in_one_process_survive_their_database_refuse_a_second_and_drop_silent_peers()
    {
        await using var server = new RealServer();
        await server.StartAsync();
        using var silent = new TcpClient("127.0.0.1", server.Port);
        using var shy = await ShakenHandsAsync(server.Port);

        await Each_role_tells_the_network_its_health_and_a_site_nothing_else(server);
        await A_second_start_on_the_same_data_is_refused_by_name(server);
        await A_database_that_was_killed_comes_back_and_nothing_acknowledged_is_lost(server);
        await Expect_dropped(silent.GetStream());
        await Expect_dropped(shy.GetStream());
        Assert.Equal(200, (int)(await server.Coordinator.GetAsync("status")).StatusCode);
        await server.Process.StopAsync();
        Assert.Equal(0, server.Process.Process.ExitCode);
    }

    [Theory]
    [InlineData("roles: [coordinator]\nlistenn: 1.2.3.4:1\n", "hanse.yaml:2", "listenn")]
    [InlineData("roles: [coordinator]\ntrust:\n  leafLifetime: soon\n", "hanse.yaml:3", "trust.leafLifetime")]
    [InlineData("roles: [coordinator\n", "line", "")]
    public async Task An_invalid_file_is_refused_with_line_and_key(string yaml, string line, string key)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("hanse.yaml"), yaml);

        var (code, output) = await RealProcess.RunAsync(RealProcess.Program("hanse"), "", "serve", "--config", folder.File("hanse.yaml"));

        Assert.NotEqual(0, code);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Contains(key, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_at_the_start_is_said_and_no_stack_trace()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(
            folder.File("hanse.yaml"),
            $"roles: [coordinator]\ndataDir: {folder.File("data")}\nlisten: 127.0.0.1:{RealProcess.FreePort()}\npostgres:\n  connectionString: Host=127.0.0.1;Port={RealProcess.FreePort()};Username=hanse\n");

        var (code, output) = await RealProcess.RunAsync(RealProcess.Program("hanse"), "", "serve", "--config", folder.File("hanse.yaml"));

        Assert.Equal(1, code);
        Assert.Contains("hanse: PostgreSQL was not there", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", output, StringComparison.Ordinal);
    }

    private static async Task Each_role_tells_the_network_its_health_and_a_site_nothing_else(RealServer server)
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var client = new HttpClient(handler);
        foreach (var port in new[] { server.Port, server.Port + 1 })
        {
            Assert.Contains("\"ok\"", await client.GetStringAsync($"https://localhost:{port}/healthz"), StringComparison.Ordinal);
            Assert.Contains("\"ready\"", await client.GetStringAsync($"https://localhost:{port}/readyz"), StringComparison.Ordinal);
        }

        Assert.Equal(403, (int)(await client.GetAsync($"https://localhost:{server.Port + 1}/api/v1/hosts")).StatusCode);
    }

    private static async Task A_second_start_on_the_same_data_is_refused_by_name(RealServer server)
    {
        var (code, output) = await RealProcess.RunAsync(
            RealProcess.Program("hanse"), "", "serve", "--config", server.Configuration, "--listen", $"127.0.0.1:{RealProcess.FreePort()}");

        Assert.NotEqual(0, code);
        Assert.Contains(server.DataDir, output, StringComparison.Ordinal);
        Assert.Contains($"process {server.Process.Process.Id}", output, StringComparison.Ordinal);
        Assert.NotNull(await RealServer.TryAsync(server.Coordinator, "status"));
    }

    private static async Task A_database_that_was_killed_comes_back_and_nothing_acknowledged_is_lost(RealServer server)
    {
        var (status, invited) = await RealServer.PostAsync(server.Coordinator, "sites/invitations", new { name = "kept", externalNames = new[] { "kept.test" } });
        Assert.True(status == 200, invited.ToString());
        var killed = server.PostgresId;
        using (var postmaster = Process.GetProcessById(killed))
        {
            postmaster.Kill();
        }

        await Wait.For("another PostgreSQL to serve", async () =>
            await RealServer.TryAsync(server.Coordinator, "sites") is { } sites && server.PostgresId != killed
            && sites.GetProperty("items").EnumerateArray().Any(s => s.GetProperty("name").GetString() == "kept"),
            TimeSpan.FromSeconds(60), () => server.Process.Output);
        await server.OnlineAsync();
        Assert.False(server.Process.Process.HasExited);
        // The site's pool is another: the first who meets a connection of the dead one is told to try again.
        await Wait.For("the site to answer from its database", async () => (await server.Site.GetAsync("status")).IsSuccessStatusCode,
            TimeSpan.FromSeconds(60), () => server.Process.Output);
    }

    private static async Task<TcpClient> ShakenHandsAsync(int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: true, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("link.localhost");
        return client;
    }

    /// <summary>The end comes from the other side: a read ends, whatever a TLS layer said before.</summary>
    private static Task Expect_dropped(NetworkStream stream) => Wait.ForTask("a silent peer to be dropped", Task.Run(async () =>
    {
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException reset) when (reset.InnerException is SocketException)
        {
            return; // cut off rather than closed: dropped as well
        }
    }), TimeSpan.FromSeconds(60));
}

using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Messages;
using Hanse.Server.Cli.Connection;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>T8 with the real programs: a site shows its agents a certificate of its operator's own.</summary>
public sealed class OwnSiteCertificateTests : IDisposable
{
    private const string Agent = "hanse-agent";
    private readonly TestFolder _folder = new();
    private readonly OperatorAuthority _authority = new();

    public OwnSiteCertificateTests() => File.WriteAllText(Store, _authority.RootPem);

    // The machine's trust store as OpenSSL, and so the runtime, reads it.
    private string Store => _folder.File("ca.pem");

    private string CertificateFile => _folder.File("tls.pem");

    private string KeyFile => _folder.File("tls.key");

    [Fact]
    public async Task Given_a_certificate_of_the_operators_When_agents_join_with_and_without_pins_Then_they_link_renew_and_follow_a_new_one()
    {
        var first = _authority.Issue(CertificateFile, KeyFile, "main.localhost", "link.main.localhost");
        await using var server = Server("trust:", "  leafLifetime: 20s");
        await server.StartAsync();
        Assert.Equal(first, await ShownAsync(server, "link.main.localhost"));
        await ExaminedAsync(server);

        await using var pinned = await JoinedAsync(server, "pinned", systemTrust: false);
        await using var unpinned = await JoinedAsync(server, "unpinned", systemTrust: true);
        await OnlineAsync(server, 2);
        await Wait.For("both to renew over that certificate", () => Renewed(pinned) && Renewed(unpinned), TimeSpan.FromSeconds(90), () => pinned.Output + unpinned.Output);

        var second = _authority.Issue(CertificateFile, KeyFile, "main.localhost", "link.main.localhost");
        await Wait.For("the new certificate to be shown", async () => await ShownAsync(server, "link.main.localhost") == second);
        var before = LinksOpened(pinned);
        await unpinned.StopAsync();
        await using var again = Run("unpinned");
        await Wait.For("an agent to link under the new certificate", () => LinksOpened(again) == 1, TimeSpan.FromSeconds(60), () => again.Output + server.Process.Output);
        Assert.Equal(before, LinksOpened(pinned));
    }

    [Fact]
    public async Task Given_a_certificate_the_machine_does_not_know_When_an_agent_joins_without_pins_Then_nothing_secret_is_sent_and_it_says_why()
    {
        _authority.Issue(CertificateFile, KeyFile, "main.localhost", "link.main.localhost");
        await using var server = Server();
        await server.StartAsync();
        using var stranger = new OperatorAuthority();
        await File.WriteAllTextAsync(Store, stranger.RootPem);

        var (code, said) = await JoinAsync(server, "refused", systemTrust: true);

        Assert.NotEqual(0, code);
        Assert.Contains("not-trusted", said, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("refused/credential.pem")));
    }

    [Fact]
    public async Task Given_a_certificate_without_the_link_name_When_an_agent_joins_Then_the_sites_own_is_shown_and_the_log_says_so()
    {
        var own = _authority.Issue(CertificateFile, KeyFile, "main.localhost");
        await using var server = Server();
        await server.StartAsync();

        await using var agent = await JoinedAsync(server, "pinned", systemTrust: false);
        await OnlineAsync(server, 1);

        Assert.Equal(own, await ShownAsync(server, "main.localhost"));
        Assert.NotEqual(own, await ShownAsync(server, "link.main.localhost"));
        await Wait.For("the log to name it", () => server.Process.Output.Contains("does not cover link.main.localhost", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private RealServer Server(params string[] settings) =>
        new(["site:", $"  tlsCertificateFile: {CertificateFile}", $"  tlsKeyFile: {KeyFile}", .. settings]);

    private async Task<RealProcess> JoinedAsync(RealServer server, string name, bool systemTrust)
    {
        var (code, said) = await JoinAsync(server, name, systemTrust);
        Assert.True(code == 0, said + server.Process.Output);
        return Run(name);
    }

    private async Task<(int Code, string Said)> JoinAsync(RealServer server, string name, bool systemTrust)
    {
        var (status, invited) = await RealServer.PostAsync(server.Coordinator, "agents/invitations", new { site = "main", systemTrust });
        Assert.True(status == 200, invited.ToString());
        await using var join = RealProcess.Start(
            RealProcess.Program(Agent), invited.GetProperty("joinString").GetString()!, ["join", "--data", _folder.File(name)], ("SSL_CERT_FILE", Store), ("SSL_CERT_DIR", "/nowhere"));
        await join.EndedAsync();
        return (join.Process.ExitCode, join.Output);
    }

    private RealProcess Run(string name) => RealProcess.Start(
        RealProcess.Program(Agent), null, ["run", "--data", _folder.File(name)], ("SSL_CERT_FILE", Store), ("SSL_CERT_DIR", "/nowhere"));

    /// <summary>The doctor of doors takes the site's own word for such a certificate.</summary>
    private async Task ExaminedAsync(RealServer server)
    {
        using (var http = ApiTransport.Unverified(new Uri($"https://127.0.0.1:{server.Port}"), "link.localhost"))
        {
            var set = TrustSet.Parser.ParseFrom(await http.GetByteArrayAsync(new Uri("/trust", UriKind.Relative)));
            await File.WriteAllTextAsync(_folder.File("roots.pem"), X509CertificateLoader.LoadCertificate(set.Roots[0].Span).ExportCertificatePem());
        }

        await using var doctor = RealProcess.Start(
            RealProcess.Program("hanse"), "", ["gateway", "doctor", "main.localhost", "--address", $"127.0.0.1:{server.Port + 1}", "--roots", _folder.File("roots.pem")],
            ("SSL_CERT_FILE", Store), ("SSL_CERT_DIR", "/nowhere"));
        await doctor.EndedAsync();
        Assert.True(doctor.Process.ExitCode == 0, doctor.Output);
        Assert.Matches("(?m)^ok +certificate .*operator", doctor.Output);
        Assert.Matches("(?m)^ok +chain .*as hanse://", doctor.Output);
    }

    private static bool Renewed(RealProcess agent) => agent.Output.Contains("certificate-renewed", StringComparison.Ordinal);

    private static int LinksOpened(RealProcess agent) => agent.Output.Split("link-opened").Length - 1;

    private static async Task OnlineAsync(RealServer server, int count) => await Wait.For(
        $"{count} hosts to be online",
        async () => await RealServer.TryAsync(server.Coordinator, "hosts") is { } hosts
            && hosts.GetProperty("items").EnumerateArray().Count(h => h.GetProperty("status").GetString() == "online") == count,
        TimeSpan.FromSeconds(90), () => server.Process.Output);

    /// <summary>The site's port is the one after the coordinator's.</summary>
    private static async Task<string> ShownAsync(RealServer server, string name)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port + 1);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(name);
        return tls.RemoteCertificate!.GetCertHashString();
    }
}

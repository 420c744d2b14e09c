using Hanse.Server.Hosting;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>What a client sees of the tickets, by OpenSSL's own client.</summary>
public sealed class SessionTicketsTests
{
    private const string Ticket = "New Session Ticket arrived";

    [Fact]
    public async Task Given_a_server_When_dialled_over_TLS_13_Then_no_ticket_comes()
    {
        await using var server = new RealServer();
        await server.StartAsync();

        var seen = await DialAsync(server.Port, "-tls1_3");

        Assert.Contains("TLSv1.3", seen, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1", seen, StringComparison.Ordinal);
        Assert.DoesNotContain(Ticket, seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openssl_conf = modules\n[modules]\nssl_conf = ssl\n[ssl]\nsystem_default = policy\n[policy]\nGroups = P-384\n")]
    [InlineData("openssl_conf = modules\n[modules]\nssl_conf = ssl\n[ssl]\nsystem_default = policy\n[policy]\nGroups = P-384\nNumTickets = 2\n")]
    public async Task Given_a_policy_of_the_system_When_served_Then_it_holds_as_before_and_no_ticket_comes(string policy)
    {
        using var folder = new TestFolder();
        var file = folder.File("openssl.cnf");
        await File.WriteAllTextAsync(file, policy);
        await using var server = new RealServer { Variables = [("OPENSSL_CONF", file)] };
        await server.StartAsync();

        var (forbidden, allowed) = (await DialAsync(server.Port, "-tls1_3", "-groups", "X25519"), await DialAsync(server.Port, "-tls1_3", "-groups", "P-384"));

        Assert.Contains("alert handshake failure", forbidden, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1", allowed, StringComparison.Ordinal);
        Assert.DoesNotContain(Ticket, allowed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_server_of_OpenSSLs_own_When_dialled_Then_its_tickets_are_seen()
    {
        // The other side of the two above: that this way of looking sees tickets at all.
        using var folder = new TestFolder();
        var (key, certificate, port) = (folder.File("key.pem"), folder.File("cert.pem"), RealProcess.FreePort());
        await using (var made = RealProcess.Start("openssl", "", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", certificate]))
        {
            await made.Process.WaitForExitAsync();
        }

        await using var server = RealProcess.Start("openssl", null, ["s_server", "-accept", $"127.0.0.1:{port}", "-cert", certificate, "-key", key, "-www"]);
        var seen = "";
        await Wait.For("a ticket", async () => (seen = await DialAsync(port, "-tls1_3")).Contains(Ticket, StringComparison.Ordinal), found: () => seen);
    }

    [Fact]
    public void Extend_names_sections_that_are_there_and_makes_those_that_are_not()
    {
        Assert.Contains("[policy]\nNumTickets = 0", SessionTickets.Extend("/etc/ssl/openssl.cnf", "ssl", "policy"), StringComparison.Ordinal);
        Assert.Contains("[ssl]\nsystem_default = hanse_tls\n[hanse_tls]\nNumTickets = 0", SessionTickets.Extend("/etc/ssl/openssl.cnf", "ssl", null), StringComparison.Ordinal);
        Assert.DoesNotContain(".include", SessionTickets.Extend(null, null, null), StringComparison.Ordinal);
    }

    private static async Task<string> DialAsync(int port, params string[] options)
    {
        await using var client = RealProcess.Start("openssl", "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", ["s_client", "-connect", $"127.0.0.1:{port}", "-ign_eof", .. options]);
        await client.Process.WaitForExitAsync();
        return client.Output;
    }
}

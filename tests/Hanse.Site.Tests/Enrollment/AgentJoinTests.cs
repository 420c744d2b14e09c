using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Google.Protobuf;
using Hanse.Authority.Issuing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Site.Tests.Enrollment;

/// <summary>Joining of agents at a site (J1–J4), by the real client over real TLS.</summary>
public sealed class AgentJoinTests(SiteHost site) : IClassFixture<SiteHost>
{
    [Fact]
    public async Task Given_the_same_key_When_it_joins_twice_Then_it_is_the_same_host()
    {
        var key = NodeKey.Generate();

        var first = Assert.IsType<AgentJoinOutcome.Joined>(await TestAgent.TryJoinAsync(site, site.Invitation(), key, "twice-1"));
        var again = Assert.IsType<AgentJoinOutcome.Joined>(await TestAgent.TryJoinAsync(site, site.Invitation(), key, "twice-1"));

        Assert.Equal(first.Host, again.Host);
        Assert.Single(await site.QueryAsync<Guid>("select id from agents_host where hostname = 'twice-1'"));
    }

    [Fact]
    public async Task Given_the_same_key_many_times_at_once_When_it_joins_Then_it_is_one_host()
    {
        var spki = NodeKey.Generate().SpkiHash.ToBytes();
        var joined = new JoinedHost("at-once-1", "m", "b", "1.0", new HostCertificate(spki, null, site.Clock.GetUtcNow(), site.Clock.GetUtcNow().AddDays(1)));

        var hosts = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => site.Get<IHostEnrolment>().AddAsync(HostId.New(), joined, default)));

        Assert.Single(hosts.Distinct());
        Assert.Equal([hosts[0].Value], await site.QueryAsync<Guid>("select id from agents_host where hostname = 'at-once-1'"));
    }

    [Fact]
    public async Task Given_another_customer_key_When_it_joins_Then_it_is_refused_and_no_host_is_made()
    {
        var refusal = await RefusedAsync(site.Invitation(new byte[32]), "stranger-1");

        Assert.Equal(ErrorCodes.WrongCustomerKey, refusal.Code);
        Assert.Empty(await site.QueryAsync<Guid>("select id from agents_host where hostname = 'stranger-1'"));
    }

    [Fact]
    public async Task Given_pins_of_another_root_When_it_joins_Then_nothing_secret_is_sent()
    {
        var other = new TestPki(site.Clock);

        var refusal = await RefusedAsync(site.Invitation() with { RootPins = [SpkiHash.Of(other.Root.Certificate)] }, "misled-1");

        Assert.Equal(ErrorCodes.WrongPins, refusal.Code);
    }

    [Fact]
    public async Task Given_another_federation_in_the_string_When_it_joins_Then_it_is_refused()
    {
        var refusal = await RefusedAsync(site.Invitation() with { Federation = new TestPki(site.Clock).Federation }, "lost-1");

        Assert.Equal(ErrorCodes.WrongFederation, refusal.Code);
    }

    [Theory]
    [InlineData("control", "hostname")]
    [InlineData("long", "hostname")]
    [InlineData("empty", "hostname")]
    public async Task Given_a_name_that_cannot_be_stored_When_it_joins_Then_the_field_is_named(string what, string field)
    {
        var name = what switch { "control" => "web\u001b[2J", "long" => new string('a', 10_000), _ => "" };
        var server = site.Get<SiteNodeServer>();

        var reply = await server.JoinAsync(
            new AgentJoinRequest { Hostname = name, Csr = ByteString.CopyFrom(NodeKey.Generate().CreateSigningRequest()) }.ToByteArray(),
            new(IPAddress.Loopback, []), default);

        Assert.Equal((400, field), (reply.Status, reply.Error!.Field));
    }

    [Fact]
    public async Task Given_a_name_with_sql_and_shell_in_it_When_it_joins_Then_it_is_kept_as_the_text_it_is()
    {
        const string Name = "'; drop table agents_host; -- $(reboot) `id`";

        var agent = await TestAgent.JoinAsync(site, Name);

        Assert.Equal([Name], await site.QueryAsync<string>("select hostname from agents_host where id = @id", new { id = agent.Host.Value }));
    }

    [Fact]
    public async Task Given_a_proof_that_is_replayed_When_it_joins_Then_the_challenge_is_used_up()
    {
        var server = site.Get<SiteNodeServer>();
        var (siteKey, hash) = (SiteKey.Derive(site.CustomerKey, site.Id), new byte[32]);
        var request = new AgentJoinRequest
        {
            Hostname = "replay-1", ServerNonce = ((JoinChallenge)server.Challenge().Message!).Nonce, AgentNonce = ByteString.CopyFrom(new byte[32]),
            Csr = ByteString.CopyFrom(NodeKey.Generate().CreateSigningRequest()),
        };
        request.Proof = ByteString.CopyFrom(JoinProof.OfAgent(siteKey, site.Id, hash, request));

        Assert.Equal(200, (await server.JoinAsync(request.ToByteArray(), new(null, hash), default)).Status);
        Assert.Equal(ErrorCodes.ChallengeUsed, (await server.JoinAsync(request.ToByteArray(), new(null, hash), default)).Error!.Code);
    }

    [Fact]
    public async Task Given_a_proof_made_for_another_connection_When_it_joins_Then_it_is_refused()
    {
        var server = site.Get<SiteNodeServer>();
        var request = new AgentJoinRequest
        {
            Hostname = "relayed-1", ServerNonce = ((JoinChallenge)server.Challenge().Message!).Nonce, AgentNonce = ByteString.CopyFrom(new byte[32]),
            Csr = ByteString.CopyFrom(NodeKey.Generate().CreateSigningRequest()),
        };
        request.Proof = ByteString.CopyFrom(JoinProof.OfAgent(SiteKey.Derive(site.CustomerKey, site.Id), site.Id, new byte[32], request));

        var reply = await server.JoinAsync(request.ToByteArray(), new(null, [.. Enumerable.Repeat((byte)1, 32)]), default);

        Assert.Equal(ErrorCodes.WrongCustomerKey, reply.Error!.Code);
    }

    [Theory]
    [InlineData("POST /join HTTP/1.1\r\nContent-Length: 3\r\n", "\xff\xff\xff", 400, "malformed-message")]
    [InlineData("POST /renew HTTP/1.1\r\nContent-Length: 3\r\n", "\xff\xff\xff", 400, "malformed-message")]
    [InlineData("POST /renew HTTP/1.1\r\nContent-Length: 0\r\n", "", 403, "not-trusted")]
    [InlineData("POST /join HTTP/1.1\r\nContent-Length: 9999999\r\n", "", 413, "request-too-large")]
    [InlineData("GET /api/v1/hosts HTTP/1.1\r\n", "", 404, "not-found")]
    [InlineData("GET /link HTTP/1.1\r\n", "", 400, "request-invalid")]
    public async Task Given_nonsense_on_the_link_name_When_sent_Then_the_error_is_typed_and_the_site_serves_on(string head, string body, int status, string code)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, site.Address.Port);
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(SiteHost.Names.LinkName);
        await tls.WriteAsync(System.Text.Encoding.Latin1.GetBytes($"{head}Host: x\r\nConnection: close\r\n\r\n{body}"));
        using var all = new MemoryStream();
        await tls.CopyToAsync(all);
        var answer = System.Text.Encoding.Latin1.GetString(all.ToArray());

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains(code, answer, StringComparison.Ordinal);
        await TestAgent.JoinAsync(site, "after-nonsense");
    }

    [Fact]
    public async Task Given_an_intermediate_that_has_ended_When_agents_join_or_renew_Then_both_are_told_so()
    {
        await using var old = new SiteHost { Lifetimes = new LifetimeOptions { Intermediate = TimeSpan.FromHours(2), Leaf = TimeSpan.FromHours(2) } };
        await old.InitializeAsync();
        var agent = await TestAgent.JoinAsync(old);
        old.Clock.JumpWallClock(TimeSpan.FromHours(3));
        var server = old.Get<SiteNodeServer>();

        var join = await server.JoinAsync(new AgentJoinRequest { Hostname = "late" }.ToByteArray(), new(null, []), default);
        var renew = await server.RenewAsync(agent.Credential.Leaf, Renewal(NodeKey.Generate()), new(null, []), default);

        Assert.Equal((503, ErrorCodes.IssuerExpired), (join.Status, join.Error!.Code));
        Assert.Equal((503, ErrorCodes.IssuerExpired), (renew.Status, renew.Error!.Code));
    }

    [Fact]
    public async Task Given_an_expired_agent_When_it_links_Then_it_is_told_so_and_by_its_old_key_it_comes_back_within_the_window()
    {
        await using var host = new SiteHost { Lifetimes = new LifetimeOptions { Leaf = TimeSpan.FromDays(1) } };
        await host.InitializeAsync();
        var agent = await TestAgent.JoinAsync(host);
        host.Clock.JumpWallClock(TimeSpan.FromDays(80));
        host.Clock.Advance(TimeSpan.FromMinutes(1)); // a sleeper looks at the wall clock again within a minute
        var keys = host.Get<SiteIdentity>().Keys!;
        await Wait.For("the site's own certificate to be renewed", () => keys.Server.Value.NotAfter > host.Clock.GetUtcNow());

        Assert.Equal(ErrorCodes.CertificateExpired, (await agent.DialAsync())!.Code);
        var key = NodeKey.Generate();
        var target = new SessionTarget([host.Address], SiteHost.Names.LinkName, Hanse.Trust.Verification.PeerExpectation.TheSite(host.Id));
        var outcome = await new RenewClient(host.Clock).RenewAsync(target, agent.Credential, keys.Verifier, key, default);

        var renewed = Assert.IsType<RenewOutcome.Renewed>(outcome);
        Assert.Null(await new TestAgent(host, renewed.ToCredential(key)).DialAsync());
        host.Clock.JumpWallClock(TimeSpan.FromDays(20));
        var late = await host.Get<SiteNodeServer>().RenewAsync(agent.Credential.Leaf, Renewal(NodeKey.Generate()), new(null, []), default);
        Assert.Equal(ErrorCodes.CertificateExpired, late.Error!.Code);
    }

    [Theory]
    [InlineData("banned")]
    [InlineData("unknown")]
    public async Task Given_a_host_that_was_put_out_When_it_renews_Then_it_is_refused(string code)
    {
        var agent = await TestAgent.JoinAsync(site, $"renew-{code}");
        using var request = code == "banned"
            ? new HttpRequestMessage(HttpMethod.Post, $"hosts/{agent.Host}/ban") { Content = new StringContent("{}", null, "application/json") }
            : new HttpRequestMessage(HttpMethod.Delete, $"hosts/{agent.Host}");
        using var answer = await site.Socket.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);

        var reply = await site.Get<SiteNodeServer>().RenewAsync(agent.Credential.Leaf, Renewal(NodeKey.Generate()), new(null, []), default);

        Assert.Equal((403, code), (reply.Status, reply.Error!.Code));
    }

    private static RenewRequest Renewal(NodeKey key) => new() { Csr = ByteString.CopyFrom(key.CreateSigningRequest()) };

    private async Task<JoinRefusal> RefusedAsync(JoinInvitation invitation, string hostname) =>
        Assert.IsType<AgentJoinOutcome.Refused>(await TestAgent.TryJoinAsync(site, invitation, NodeKey.Generate(), hostname)).Refusal;
}

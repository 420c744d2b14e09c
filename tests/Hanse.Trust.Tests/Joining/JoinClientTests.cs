using Google.Protobuf;
using Hanse.Authority.Joining;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Joining;

public sealed class JoinClientTests
{
    private static readonly HostDescription Host = new("web1", "machine", "boot", "1.0");

    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;
    private readonly byte[] _customerKey = [.. Enumerable.Repeat((byte)7, 32)];
    private readonly AgentJoinVerifier _proofs;
    private readonly HostId _host = HostId.New();

    private string[] _told = [];

    public JoinClientTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
        _proofs = new AgentJoinVerifier(_clock);
    }

    [Fact]
    public async Task JoinAgent_rightKey_isGivenItsIdentity_andNothingSecretGoesFirst()
    {
        await using var server = SiteServer();
        using var key = NodeKey.Generate();

        var joined = Assert.IsType<AgentJoinOutcome.Joined>(await JoinAgentAsync(server, key));

        Assert.Equal(NodeIdentity.ForAgent(_pki.Federation, _north.Id, _host), joined.Credential.Identity);
        Assert.Equal([_north.Issuer.Intermediate.Thumbprint], joined.Credential.Chain.Select(c => c.Thumbprint));
        Assert.Equal(["GET /trust", "POST /join/challenge", "POST /join"], server.Requests.Select(r => $"{r.Method} {r.Path}"));
        Assert.DoesNotContain(server.Requests, r => r.Body.AsSpan().IndexOf(_customerKey) >= 0);
    }

    [Fact]
    public async Task JoinAgent_siteTellsItsAddresses_keepsTheWayThatLedToItBehindThem()
    {
        await using var server = SiteServer();
        _told = ["10.0.0.1:443", server.Address.ToString()];

        var joined = Assert.IsType<AgentJoinOutcome.Joined>(await JoinAgentAsync(server, NodeKey.Generate(), i => i with { Addresses = [.. i.Addresses, new("door.test", 443)] }));

        Assert.Equal([.. _told, "door.test:443"], joined.Addresses.Select(a => a.ToString()));
    }

    [Fact]
    public async Task JoinAgent_wrongCustomerKey_isRefused()
    {
        await using var server = SiteServer();

        Assert.Equal("wrong-customer-key", Code(await JoinAgentAsync(server, NodeKey.Generate(), i => i with { Secret = new byte[32] })));
    }

    [Fact]
    public async Task JoinAgent_siteWithoutTheCustomerKey_isRefusedByTheAgent()
    {
        // A site of the federation that lets anybody in, but cannot prove the key.
        await using var server = SiteServer(answer: (request, given) => given.Proof = ByteString.CopyFrom(new byte[32]));

        Assert.Equal("wrong-customer-key", Code(await JoinAgentAsync(server, NodeKey.Generate())));
    }

    [Fact]
    public async Task JoinAgent_certificateForAnotherKey_isRefused()
    {
        await using var server = SiteServer(certificateKey: NodeKey.Generate());

        Assert.Equal("unexpected-answer", Code(await JoinAgentAsync(server, NodeKey.Generate())));
    }

    [Fact]
    public async Task JoinAgent_wrongPins_stopsBeforeAnySecret()
    {
        await using var server = SiteServer();

        Assert.Equal("wrong-pins", Code(await JoinAgentAsync(server, NodeKey.Generate(), i => i with { RootPins = [SpkiHash.OfSpki([1])] })));
        Assert.Equal(["/trust"], server.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task JoinAgent_serverThatOnlyRepeatsTheRoots_isNotTrusted()
    {
        // It passes on the true trust set, but has no certificate under it (J2): the verified reconnect fails.
        var impostor = new TestPki(_clock).AddSite("north.test");
        await using var server = SiteServer(impostor.Credential);

        Assert.Equal("wrong-federation", Code(await JoinAgentAsync(server, NodeKey.Generate())));
        Assert.Equal(["/trust"], server.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task JoinAgent_otherSiteUnderThatName_isNotTrusted()
    {
        var south = _pki.AddSite("south.test");
        await using var server = SiteServer(south.Credential);

        Assert.Equal("not-trusted", Code(await JoinAgentAsync(server, NodeKey.Generate())));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task JoinAgent_clockWrongByADay_isSaid(int days)
    {
        await using var server = SiteServer();
        var client = new JoinClient(new ManualClock(_clock.GetUtcNow().AddDays(days)));

        var refusal = Assert.IsType<AgentJoinOutcome.Refused>(await client.JoinAgentAsync(Invite(server), NodeKey.Generate(), Host, default)).Refusal;

        Assert.Equal("clock-skew", refusal.Code);
        Assert.Contains("2030-01-01", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinAgent_expiredByBothClocks_isExpired()
    {
        await using var server = SiteServer();

        Assert.Equal("join-string-expired", Code(await JoinAgentAsync(server, NodeKey.Generate(), i => i with { Expires = _clock.GetUtcNow() })));
    }

    [Fact]
    public async Task JoinAgent_firstAddressDead_takesTheNext()
    {
        await using var server = SiteServer();
        var dead = new NodeAddress("127.0.0.1", 1);

        Assert.IsType<AgentJoinOutcome.Joined>(await JoinAgentAsync(server, NodeKey.Generate(), i => i with { Addresses = [dead, .. i.Addresses] }));

        var refused = await JoinAgentAsync(server, NodeKey.Generate(), i => i with { Addresses = [dead] });
        Assert.Equal("unreachable", Code(refused));
        Assert.Contains("127.0.0.1:1", ((AgentJoinOutcome.Refused)refused).Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinSite_tokenRedeemedTwiceWithOneKey_givesTheSame_andAnotherKeyIsRefused()
    {
        var token = JoinTokenMachine.NewToken();
        await using var server = CoordinatorServer(token);
        var invitation = Invite(server) with { Kind = NodeKind.Site, ServerName = "link.hq.test", Secret = token };
        using var key = NodeKey.Generate();
        var client = new JoinClient(_clock);
        var about = new SiteDescription("1.0", [1]);

        var first = Assert.IsType<SiteJoinOutcome.Joined>(await client.JoinSiteAsync(invitation, key, about, default));
        var again = Assert.IsType<SiteJoinOutcome.Joined>(await client.JoinSiteAsync(invitation, key, about, default));
        var other = Assert.IsType<SiteJoinOutcome.Refused>(await client.JoinSiteAsync(invitation, NodeKey.Generate(), about, default));

        Assert.Equal((_north.Id, first.Intermediate.Thumbprint), (first.Site, again.Intermediate.Thumbprint));
        Assert.Equal("token-used", other.Refusal.Code);
    }

    [Fact]
    public async Task Renew_agentWithItsOldKey_getsALeafForTheNewOne_alsoAfterItsEnd()
    {
        var agent = _north.AddAgent(_host);
        _clock.Advance(TimeSpan.FromDays(40));
        await using var server = SiteServer(_north.Issuer.IssueOwnCredential(_north.Names, _clock));
        using var next = NodeKey.Generate();
        var target = new SessionTarget([server.Address], "link.north.test", PeerExpectation.TheSite(_north.Id));

        var renewed = Assert.IsType<RenewOutcome.Renewed>(await new RenewClient(_clock).RenewAsync(target, agent, _pki.Verifier(), next, default));

        Assert.Equal(agent.Identity, renewed.ToCredential(next).Identity);
        Assert.True(renewed.ToCredential(next).NotAfter > _clock.GetUtcNow());
    }

    [Fact]
    public async Task Renew_banned_isSaid()
    {
        var agent = _north.AddAgent(_host);
        await using var server = SiteServer(verifier: _pki.Verifier(_pki.Anchors.WithLocalBans([_host])));
        var target = new SessionTarget([server.Address], "link.north.test", PeerExpectation.TheSite(_north.Id));

        var outcome = await new RenewClient(_clock).RenewAsync(target, agent, _pki.Verifier(), NodeKey.Generate(), default);

        Assert.Equal("banned", Assert.IsType<RenewOutcome.Refused>(outcome).Refusal.Code);
    }

    private static string Code(AgentJoinOutcome outcome) => Assert.IsType<AgentJoinOutcome.Refused>(outcome).Refusal.Code;

    private Task<AgentJoinOutcome> JoinAgentAsync(FakeLinkServer server, NodeKey key, Func<JoinInvitation, JoinInvitation>? change = null)
    {
        var invitation = Invite(server);
        return new JoinClient(_clock).JoinAgentAsync(change?.Invoke(invitation) ?? invitation, key, Host, default);
    }

    private JoinInvitation Invite(FakeLinkServer server) => new()
    {
        Federation = _pki.Federation,
        Kind = NodeKind.Agent,
        Addresses = [server.Address],
        ServerName = "link.north.test",
        RootPins = [_pki.Root.Pin],
        Secret = _customerKey,
        Expires = _clock.GetUtcNow().AddHours(1),
    };

    private FakeLinkServer SiteServer(NodeCredential? credential = null, PeerVerifier? verifier = null, NodeKey? certificateKey = null,
        Action<AgentJoinRequest, AgentJoinAnswer>? answer = null)
    {
        verifier ??= _pki.Verifier();
        return new FakeLinkServer(credential ?? _north.Credential, verifier, request => request.Path switch
        {
            "/trust" => _pki.Anchors.ToWire(),
            "/join/challenge" => _proofs.Issue(),
            "/renew" => Renew(request, verifier),
            _ => Join(request, certificateKey, answer),
        });
    }

    private IMessage Join(FakeRequest http, NodeKey? certificateKey, Action<AgentJoinRequest, AgentJoinAnswer>? change)
    {
        var request = AgentJoinRequest.Parser.ParseFrom(http.Body);
        var siteKey = SiteKey.Derive(_customerKey, _north.Id);
        var decision = _proofs.Check(request, _north.Id, siteKey, http.TlsCertificateHash);
        if (decision is not AgentJoinDecision.Accepted accepted)
        {
            var refused = (AgentJoinDecision.Refused)decision;
            return new Error { Code = refused.Code, Message = refused.Message };
        }

        var answer = new AgentJoinAnswer
        {
            HostId = _host.ToWire(),
            SiteId = _north.Id.ToWire(),
            Certificate = ByteString.CopyFrom(_north.Issuer.IssueAgent(_host, certificateKey?.PublicKey ?? accepted.Key, _clock).RawData),
            Trust = _pki.Anchors.ToWire(),
        };
        answer.Addresses.AddRange(_told);
        answer.Proof = ByteString.CopyFrom(JoinProof.OfSite(siteKey, _north.Id, http.TlsCertificateHash, request, answer));
        change?.Invoke(request, answer);
        return answer;
    }

    private IMessage Renew(FakeRequest http, PeerVerifier verifier)
    {
        var verdict = verifier.Verify(http.Client, PeerExpectation.AgentsOf(_north.Id));
        return verdict.MayRenew && SigningRequest.TryReadPublicKey(RenewRequest.Parser.ParseFrom(http.Body).Csr.Span, out var key)
            ? new RenewAnswer { Certificate = ByteString.CopyFrom(_north.Issuer.IssueAgent(_host, key, _clock).RawData), Trust = _pki.Anchors.ToWire() }
            : new Error { Code = verdict.Code, Message = verdict.Message };
    }

    private FakeLinkServer CoordinatorServer(byte[] token)
    {
        var state = JoinTokenMachine.Issue(token, _clock.GetUtcNow().AddHours(1));
        byte[]? issued = null;
        return new FakeLinkServer(_pki.Coordinator, _pki.Verifier(), request =>
        {
            if (request.Path == "/trust")
            {
                return _pki.Anchors.ToWire();
            }

            var join = SiteJoinRequest.Parser.ParseFrom(request.Body);
            Assert.True(SigningRequest.TryReadPublicKey(join.SiteCsr.Span, out var key));
            switch (JoinTokenMachine.Redeem(state, SpkiHash.Of(key), _clock.GetUtcNow()))
            {
                case JoinTokenDecision.Refused refused:
                    return new Error { Code = refused.Code, Message = refused.Message };
                case JoinTokenDecision.First first:
                    state = first.Next;
                    issued = _pki.Root.IssueForSite(_north.Id, key, _north.Names, _clock).RawData;
                    break;
            }

            return new SiteJoinAnswer
            {
                SiteId = _north.Id.ToWire(),
                SiteName = "north",
                Intermediate = ByteString.CopyFrom(issued),
                Trust = _pki.Anchors.ToWire(),
                SiteKey = ByteString.CopyFrom(SiteKey.Derive(_customerKey, _north.Id)),
            };
        });
    }
}

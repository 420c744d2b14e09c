using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hanse.Authority.Issuing;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

public sealed class PeerVerifierTests
{
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;
    private readonly TestSitePki _south;

    public PeerVerifierTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
        _south = _pki.AddSite("south.test");
    }

    private PeerVerdict Verify(X509Certificate2 leaf, PeerExpectation? expected = null, TrustAnchors? anchors = null) =>
        _pki.Verifier(anchors).Verify(leaf, expected ?? PeerExpectation.AgentsOf(_north.Id));

    [Fact]
    public void Verify_agentOfTheSite_isVerified()
    {
        var agent = _north.AddAgent();

        Assert.Equal(new PeerVerdict.Verified(agent.Identity), Verify(agent.Leaf));
    }

    [Fact]
    public void Verify_afterTheLife_isExpired_andMayReturnWithinTheWindow()
    {
        var agent = _north.AddAgent();
        _clock.Advance(TimeSpan.FromDays(30));
        Assert.True(Assert.IsType<PeerVerdict.Expired>(Verify(agent.Leaf)).MayReturn);

        _clock.Advance(TimeSpan.FromDays(90) + TimeSpan.FromSeconds(1));
        var verdict = Assert.IsType<PeerVerdict.Expired>(Verify(agent.Leaf));
        Assert.False(verdict.MayReturn);
        Assert.False(verdict.MayRenew);
    }

    [Fact]
    public void Verify_issuerEndedWithTheLeaf_isStillJudgedAsOfTheLeafsEnd()
    {
        var pki = new TestPki(_clock, new LifetimeOptions { Intermediate = TimeSpan.FromSeconds(30), Leaf = TimeSpan.FromSeconds(30) });
        var agent = pki.AddSite("short.test").AddAgent();
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(Assert.IsType<PeerVerdict.Expired>(pki.Verifier().Verify(agent.Leaf, new PeerExpectation(NodeKind.Agent))).MayReturn);
    }

    [Fact]
    public void Verify_expiredBannedUnknown_areThreeAnswers()
    {
        var agent = _north.AddAgent();
        var host = agent.Identity.Host!.Value;
        var banned = _pki.Anchors.WithLocalBans([host]);

        Assert.Equal("banned", Verify(agent.Leaf, anchors: banned).Code);
        Assert.Equal("unknown", Verify(agent.Leaf, PeerExpectation.AgentsOf(_north.Id) with { IsKnown = _ => false }).Code);
        _clock.Advance(TimeSpan.FromDays(31));
        Assert.Equal("certificate-expired", Verify(agent.Leaf).Code);
        Assert.Equal("banned", Verify(agent.Leaf, anchors: banned).Code);
    }

    [Fact]
    public void Verify_clockBehind_isToleratedForFiveMinutes_thenCalledNotYetValid()
    {
        var agent = _north.AddAgent();
        var verifier = _pki.Verifier();

        foreach (var (behind, code) in new[] { (TimeSpan.FromMinutes(4), ""), (TimeSpan.FromDays(1), "clock-skew") })
        {
            var verdict = PeerVerifier.Verify(agent.Leaf, PeerExpectation.AgentsOf(_north.Id), verifier.Trust.Value, _clock.GetUtcNow() - behind);
            Assert.Equal(code, verdict.Code);
        }
    }

    [Fact]
    public void Verify_otherFederation_isNamed()
    {
        var other = new TestPki(_clock);

        var verdict = Assert.IsType<PeerVerdict.WrongFederation>(Verify(other.AddSite("north.test").AddAgent().Leaf));
        Assert.Equal((other.Federation, _pki.Federation), (verdict.Found, verdict.Expected));
    }

    [Fact]
    public void Verify_leafForAnotherSitesHost_isRefusedByTheNameConstraint()
    {
        // T2: north's issuer signs an identity of south.
        var forged = Forge(NodeIdentity.ForAgent(_pki.Federation, _south.Id, HostId.New()), [], []);

        var verdict = Assert.IsType<PeerVerdict.NotTrusted>(Verify(forged, PeerExpectation.AgentsOf(_south.Id)));
        Assert.Contains("NameConstraint", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("south.test", "127.0.0.1", false)]
    [InlineData("link.south.test", null, false)]
    [InlineData("north.test.evil", null, false)]
    [InlineData("north.test", "10.0.0.1", false)]
    [InlineData("north.test", "::1", false)]
    [InlineData("link.north.test", "127.0.0.1", true)]
    public void Verify_namesOutsideTheConstraint_areRefused(string dns, string? address, bool allowed)
    {
        var forged = Forge(NodeIdentity.ForSite(_pki.Federation, _north.Id), [dns], address is null ? [] : [IPAddress.Parse(address)]);

        Assert.Equal(allowed, Verify(forged, PeerExpectation.TheSite(_north.Id)) is PeerVerdict.Verified);
    }

    [Fact]
    public void Verify_serverNameIsAskedFor_onlyWhereTheExpectationNamesOne()
    {
        Assert.Equal("", Verify(_north.Credential.Leaf, PeerExpectation.TheSite(_north.Id) with { ServerName = "link.north.test" }).Code);
        Assert.Equal("not-trusted", Verify(_north.Credential.Leaf, PeerExpectation.TheSite(_north.Id) with { ServerName = "link.south.test" }).Code);
    }

    [Fact]
    public void Verify_signedByTheRootItself_isRefused()
    {
        var key = NodeKey.Generate();
        var leaf = CertificateBuilder.Build("CN=a b", key.PublicKey, TimeSpan.FromDays(1), _pki.Root.Certificate, _pki.Root.Key, _clock.GetUtcNow(),
            CertificateExtensions.AlternativeNames(NodeIdentity.ForSite(_pki.Federation, _north.Id), [], []));

        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, PeerExpectation.TheSite(_north.Id)));
    }

    [Fact]
    public void Verify_intermediateAsLeaf_isRefused()
    {
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(_north.Issuer.Intermediate, PeerExpectation.TheSite(_north.Id)));
        Assert.Equal(_north.Issuer.Identity, PeerVerifier.VerifyIntermediate(_north.Issuer.Intermediate, _pki.Anchors, _clock.GetUtcNow()));
        Assert.Null(PeerVerifier.VerifyIntermediate(_north.Credential.Leaf, _pki.Anchors, _clock.GetUtcNow()));
    }

    [Fact]
    public void Verify_gatewayUnderTheCoordinator_isVerified_andASiteMayNotIssueOne()
    {
        var key = NodeKey.Generate();
        var gateway = _pki.CoordinatorIssuer.IssueGateway(GatewayId.New(), key.PublicKey, _clock);
        Assert.IsType<PeerVerdict.Verified>(Verify(gateway, PeerExpectation.SitesAndGateways()));

        var forged = Forge(NodeIdentity.ForGateway(_pki.Federation, GatewayId.New()), [], []);
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(forged, PeerExpectation.SitesAndGateways()));
    }

    [Fact]
    public void Verify_withoutTheIntermediate_needsItFromTheStore()
    {
        var bare = new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], []);
        var agent = _north.AddAgent();

        // T5: what a resumed session would leave us with.
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(agent.Leaf, anchors: bare));
        Assert.IsType<PeerVerdict.Verified>(Verify(agent.Leaf, anchors: bare.WithIntermediates([_north.Issuer.Intermediate])));
        Assert.IsType<PeerVerdict.Verified>(_pki.Verifier(bare).Verify(agent.Leaf, PeerExpectation.AgentsOf(_north.Id), agent.Chain));
    }

    [Fact]
    public void Verify_oneThatWasVerified_isJudgedByWhatIsTrustedNow()
    {
        var leaf = _north.AddAgent().Leaf;
        Assert.IsType<PeerVerdict.Verified>(Verify(leaf));

        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, anchors: new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], [_pki.CoordinatorIssuer.Intermediate])));
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, anchors: new TrustAnchors(_pki.Federation, [_pki.CreateRoot().Certificate], _pki.Anchors.Intermediates)));
        Assert.IsType<PeerVerdict.Verified>(Verify(leaf));
    }

    [Fact]
    public void Verify_presentedIssuerThatIsGoneSince_isNotNeededAgain()
    {
        var leaf = _north.AddAgent().Leaf;
        var expected = PeerExpectation.AgentsOf(_north.Id);
        using (var presented = X509CertificateLoader.LoadCertificate(_north.Issuer.Intermediate.RawData))
        {
            // As the platform does: what came in the handshake is disposed of after it.
            Assert.IsType<PeerVerdict.Verified>(_pki.Verifier(new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], [])).Verify(leaf, expected, [presented]));
        }

        Assert.IsType<PeerVerdict.Verified>(Verify(leaf));
    }

    [Fact]
    public void Verify_rootsAreASet_theNextOneCountsBeforeTheSwitch()
    {
        var next = RootAuthority.Create(_pki.Federation, new LifetimeOptions(), _clock);
        var key = NodeKey.Generate();
        var issuer = new LeafIssuer(key, next.IssueForSite(_north.Id, key.PublicKey, _north.Names, _clock), new LifetimeOptions());
        var leaf = issuer.IssueOwnCredential(_north.Names, _clock).Leaf;

        Assert.IsType<PeerVerdict.NotTrusted>(_pki.Verifier().Verify(leaf, PeerExpectation.TheSite(_north.Id), [issuer.Intermediate]));
        var both = new TrustAnchors(_pki.Federation, [_pki.Root.Certificate, next.Certificate], [issuer.Intermediate]);
        Assert.IsType<PeerVerdict.Verified>(Verify(leaf, PeerExpectation.TheSite(_north.Id), both));
    }

    private X509Certificate2 Forge(NodeIdentity identity, string[] dns, IPAddress[] addresses)
    {
        var rogue = NodeKey.Generate();
        // The real site key signs what the real issuer never would.
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            _north.Issuer.Save(path);
            using var key = NodeKey.Load(path);
            return CertificateBuilder.Build("CN=a b", rogue.PublicKey, TimeSpan.FromDays(1), _north.Issuer.Intermediate, key, _clock.GetUtcNow(),
                CertificateExtensions.AlternativeNames(identity, dns, addresses));
        }
        finally
        {
            File.Delete(path);
        }
    }
}

using System.Security.Cryptography.X509Certificates;
using Hanse.TestKit;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

public sealed class PeerTlsTests
{
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;

    public PeerTlsTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
    }

    [Fact]
    public async Task Handshake_theCertificateThatIsJudged_isTheObjectThatTheConnectionKeeps()
    {
        // What lets the second judgement of a link find the first one's chain.
        X509Certificate? judged = null;
        var server = PeerTls.ForServer(_north.Credential, _pki.Verifier(), _ => { });
        var judge = server.RemoteCertificateValidationCallback!;
        server.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) => judge(sender, judged = certificate, chain, errors);

        var result = await TlsPair.ConnectAsync(
            PeerTls.ForClient("link.north.test", _north.AddAgent(), _pki.Verifier(), PeerExpectation.TheSite(_north.Id)), server);

        Assert.True(result.Succeeded, $"{result.ClientFailure} / {result.ServerFailure}");
        Assert.NotNull(result.Kept);
        Assert.Same(judged, result.Kept);
    }

    [Fact]
    public async Task Handshake_agentAndItsSite_bothVerify_alsoTheSecondTime()
    {
        var agent = _north.AddAgent();
        // T5: the agent knows only the root, so the intermediate must come each time.
        var agentVerifier = _pki.Verifier(new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], []));
        var siteVerifier = _pki.Verifier();
        var serverOptions = PeerTls.ForServer(_north.Credential, siteVerifier);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var result = await TlsPair.ConnectAsync(
                PeerTls.ForClient("link.north.test", agent, agentVerifier, PeerExpectation.TheSite(_north.Id)), serverOptions);

            Assert.True(result.Succeeded, $"{result.ClientFailure} / {result.ServerFailure}");
            var verdict = siteVerifier.Verify(result.ClientCertificate, PeerExpectation.AgentsOf(_north.Id));
            Assert.Equal(agent.Identity, Assert.IsType<PeerVerdict.Verified>(verdict).Identity);
        }

        // The platform adds what peers show to the policy of a connection: it must not pile up in the shared one.
        Assert.Empty(serverOptions.CertificateChainPolicy!.ExtraStore);
    }

    [Fact]
    public async Task Handshake_withoutClientCertificate_isLetInForJoining()
    {
        var result = await TlsPair.ConnectAsync(
            PeerTls.ForClient("link.north.test", null, _pki.Verifier(), PeerExpectation.TheSite(_north.Id)), PeerTls.ForServer(_north.Credential, _pki.Verifier()));

        Assert.True(result.Succeeded, $"{result.ClientFailure} / {result.ServerFailure}");
        Assert.Null(result.ClientCertificate);
        Assert.IsType<PeerVerdict.NotTrusted>(_pki.Verifier().Verify(result.ClientCertificate, PeerExpectation.AgentsOf(_north.Id)));
    }

    [Fact]
    public async Task Handshake_serverOfAnotherSite_isRefusedWithItsVerdict()
    {
        var south = _pki.AddSite("south.test");
        PeerVerdict? verdict = null;
        var result = await TlsPair.ConnectAsync(
            PeerTls.ForClient("link.north.test", null, _pki.Verifier(), PeerExpectation.TheSite(_north.Id), (v, _) => verdict = v),
            PeerTls.ForServer(south.Credential, _pki.Verifier()));

        Assert.False(result.Succeeded);
        Assert.Contains("another site", Assert.IsType<PeerVerdict.NotTrusted>(verdict).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handshake_agentAsServer_isRefused()
    {
        PeerVerdict? verdict = null;
        var result = await TlsPair.ConnectAsync(
            PeerTls.ForClient("link.north.test", null, _pki.Verifier(), PeerExpectation.TheSite(_north.Id), (v, _) => verdict = v),
            PeerTls.ForServer(_north.AddAgent(), _pki.Verifier()));

        Assert.False(result.Succeeded);
        Assert.IsType<PeerVerdict.NotTrusted>(verdict);
    }

    [Fact]
    public async Task Handshake_clientOfAnotherFederation_isCutOff()
    {
        var stranger = new TestPki(_clock).AddSite("north.test").AddAgent();

        var result = await TlsPair.ConnectAsync(
            PeerTls.ForClient("link.north.test", stranger, _pki.Verifier(), PeerExpectation.TheSite(_north.Id)),
            PeerTls.ForServer(_north.Credential, _pki.Verifier()));

        Assert.False(result.Succeeded);
    }

    [Fact]
    public async Task Handshake_expiredOrBannedClient_passesTls_soThatItGetsATypedAnswer()
    {
        var agent = _north.AddAgent();
        _clock.Advance(TimeSpan.FromDays(31));
        var renewedSite = _north.Issuer.IssueOwnCredential(_north.Names, _clock);
        var banning = _pki.Verifier(_pki.Anchors.WithLocalBans([agent.Identity.Host!.Value]));

        foreach (var (verifier, code) in new[] { (_pki.Verifier(), "certificate-expired"), (banning, "banned") })
        {
            var result = await TlsPair.ConnectAsync(
                PeerTls.ForClient("link.north.test", agent, _pki.Verifier(), PeerExpectation.TheSite(_north.Id)), PeerTls.ForServer(renewedSite, verifier));

            Assert.True(result.Succeeded, $"{result.ClientFailure} / {result.ServerFailure}");
            Assert.Equal(code, verifier.Verify(result.ClientCertificate, PeerExpectation.AgentsOf(_north.Id)).Code);
        }
    }

    [Fact]
    public async Task Handshake_siteToCoordinator_bothVerify()
    {
        var result = await TlsPair.ConnectAsync(
            PeerTls.ForClient("link.hq.test", _north.Credential, _pki.Verifier(), PeerExpectation.Coordinator()),
            PeerTls.ForServer(_pki.Coordinator, _pki.Verifier()));

        Assert.True(result.Succeeded, $"{result.ClientFailure} / {result.ServerFailure}");
        Assert.IsType<PeerVerdict.Verified>(_pki.Verifier().Verify(result.ClientCertificate, PeerExpectation.SitesAndGateways()));
    }
}

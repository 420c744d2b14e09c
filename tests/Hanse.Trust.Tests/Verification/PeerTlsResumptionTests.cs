using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

/// <summary>T5 and T6 on sessions that are really resumed: the client here asks for it, as one that is not ours may. That a session was
/// resumed shows in what the server sent: no certificates, so less than half as much.</summary>
public sealed class PeerTlsResumptionTests
{
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;

    public PeerTlsResumptionTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
    }

    [Fact]
    public async Task Resumed_agentInGoodStanding_isVerifiedFromTheServersOwnStore()
    {
        var agent = _north.AddAgent();
        var presented = new List<int>();
        var site = CurrentTrust.InMemory(_pki.Anchors);
        var (first, second) = await TwiceAsync(agent, site, () => { }, presented);

        Assert.True(first.Succeeded && second.Succeeded, $"{first} / {second}");
        Assert.True(WasResumed(first, second), $"not resumed: {first.BytesFromServer} bytes, then {second.BytesFromServer}");
        Assert.Equal(agent.Identity, Assert.IsType<PeerVerdict.Verified>(Judge(site, second)).Identity);
        // Leaf alone, resumed or not: nothing that the peer showed can have built the chain.
        Assert.All(presented, count => Assert.Equal(0, count));
    }

    [Theory]
    [InlineData("banned")]
    [InlineData("certificate-expired")]
    public async Task Resumed_peerThatLostItsStandingSince_isJudgedAnew(string code)
    {
        var agent = _north.AddAgent();
        var site = CurrentTrust.InMemory(_pki.Anchors);
        var (first, second) = await TwiceAsync(agent, site, () =>
        {
            if (code == "banned")
            {
                site.Update(t => t.WithLocalBans([agent.Identity.Host!.Value]));
            }
            else
            {
                _clock.Advance(TimeSpan.FromDays(31));
            }
        });

        // TLS lets it in, for the typed answer; what every endpoint asks says no.
        Assert.True(WasResumed(first, second), $"not resumed: {first.BytesFromServer} bytes, then {second.BytesFromServer}");
        Assert.Equal(code, Judge(site, second).Code);
    }

    [Fact]
    public async Task Resumed_issuerNoLongerInTheStore_isCutOff_asOnAFirstConnection()
    {
        var agent = _north.AddAgent();
        var site = CurrentTrust.InMemory(_pki.Anchors);
        var (first, second) = await TwiceAsync(agent, site, () => site.Update(_ => new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], [])));

        Assert.True(first.Succeeded, first.ServerFailure);
        Assert.False(second.Succeeded);
    }

    [Fact]
    public async Task OwnClient_connectsTwice_neverResumes()
    {
        var agent = _north.AddAgent();
        var (first, second) = await TwiceAsync(agent, CurrentTrust.InMemory(_pki.Anchors), () => { }, resume: false);

        Assert.True(first.Succeeded && second.Succeeded, $"{first} / {second}");
        Assert.False(WasResumed(first, second), $"resumed: {first.BytesFromServer} bytes, then {second.BytesFromServer}");
    }

    private static bool WasResumed(TlsResult first, TlsResult second) => second.BytesFromServer < first.BytesFromServer / 2;

    private PeerVerdict Judge(CurrentTrust site, TlsResult connection) =>
        new PeerVerifier(site, _clock).Verify(connection.ClientCertificate, PeerExpectation.AgentsOf(_north.Id));

    private async Task<(TlsResult First, TlsResult Second)> TwiceAsync(
        NodeCredential agent, CurrentTrust site, Action between, List<int>? presented = null, bool resume = true)
    {
        var client = PeerTls.ForClient("link.north.test", agent, _pki.Verifier(), PeerExpectation.TheSite(_north.Id));
        if (resume)
        {
            client.AllowTlsResume = true;
            // The server's leaf may have ended by our clock; this test is about what the server does.
            client.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }

        var first = await TlsPair.ConnectAsync(client, Server());
        between();
        return (first, await TlsPair.ConnectAsync(client, Server()));

        SslServerAuthenticationOptions Server()
        {
            var options = PeerTls.ForServer(_north.Credential, new PeerVerifier(site, _clock));
            var judge = options.RemoteCertificateValidationCallback!;
            options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            {
                presented?.Add(chain?.ChainPolicy.ExtraStore.Count(c => !c.RawData.AsSpan().SequenceEqual(((X509Certificate2)certificate!).RawData)) ?? 0);
                return judge(sender, certificate, chain, errors);
            };
            return options;
        }
    }
}

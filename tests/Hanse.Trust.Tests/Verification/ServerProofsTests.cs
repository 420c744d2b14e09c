using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

/// <summary>T8: a site proves itself behind a certificate that is not the federation's.</summary>
public sealed class ServerProofsTests
{
    private static readonly byte[] Shown = [.. Enumerable.Repeat((byte)7, 32)];
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;
    private readonly ServerChallenge _challenge;

    public ServerProofsTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
        // The agent knows the root alone: the intermediate comes with the proof.
        _challenge = new ServerChallenge(_pki.Verifier(new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], [])), PeerExpectation.TheSite(_north.Id));
    }

    [Fact]
    public void Judge_theSiteOverThisCertificate_isVerified()
    {
        var verdict = _challenge.Judge(Prove(_north.Credential), Shown);

        Assert.Equal(_north.Credential.Identity, Assert.IsType<PeerVerdict.Verified>(verdict).Identity);
    }

    [Fact]
    public void Judge_proofOverAnotherCertificate_isNotTrusted()
    {
        // Someone between agent and site shows a certificate of its own and passes the rest on.
        var passedOn = ServerProofs.Sign(_north.Credential, _challenge.Nonce.Span, [.. Enumerable.Repeat((byte)8, 32)]);

        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(passedOn, Shown));
    }

    [Fact]
    public void Judge_proofOfAnotherNonce_isNotTrusted()
    {
        var recorded = ServerProofs.Sign(_north.Credential, new byte[ServerProofs.NonceBytes], Shown);

        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(recorded, Shown));
    }

    [Fact]
    public void Judge_anotherSite_anAgent_anotherFederation_areRefused()
    {
        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(Prove(_pki.AddSite("south.test").Credential), Shown));
        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(Prove(_north.AddAgent()), Shown));
        Assert.IsType<PeerVerdict.WrongFederation>(_challenge.Judge(Prove(new TestPki(_clock).AddSite("north.test").Credential), Shown));
    }

    [Fact]
    public void Judge_expiredSite_isExpired()
    {
        var proof = Prove(_north.Credential);
        _clock.Advance(_north.Credential.NotAfter - _clock.GetUtcNow() + TimeSpan.FromSeconds(1));

        Assert.IsType<PeerVerdict.Expired>(_challenge.Judge(proof, Shown));
    }

    [Theory]
    [InlineData("leaf")]
    [InlineData("signature")]
    [InlineData("everything")]
    public void Judge_damagedProof_isNotTrusted(string what)
    {
        var proof = Prove(_north.Credential);
        switch (what)
        {
            case "leaf": proof.Leaf = Google.Protobuf.ByteString.CopyFrom(1, 2, 3); break;
            case "signature": proof.Signature = Google.Protobuf.ByteString.Empty; break;
            default: proof = new ServerProof(); break;
        }

        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(proof, Shown));
    }

    [Fact]
    public void Judge_welcomeWithoutProof_isNotTrusted()
    {
        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(Google.Protobuf.ByteString.Empty, Shown));
        Assert.IsType<PeerVerdict.NotTrusted>(_challenge.Judge(Google.Protobuf.ByteString.CopyFrom(0xFF, 0xFF, 0xFF), Shown));
    }

    private ServerProof Prove(NodeCredential own) => ServerProofs.Sign(own, _challenge.Nonce.Span, Shown);
}

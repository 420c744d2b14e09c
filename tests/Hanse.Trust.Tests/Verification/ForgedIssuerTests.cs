using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.TestKit;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

/// <summary>Certificates that carry every name, key identifier and constraint of real ones, and other keys: only signatures tell them apart. An answer about
/// an intermediate is remembered, so each is asked for in both orders.</summary>
public sealed class ForgedIssuerTests
{
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;

    public ForgedIssuerTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Verify_intermediateThatNoRootSigned_isRefused_whoeverCameFirst(bool realFirst)
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384), issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var real = _north.AddAgent();
        var issuer = Copy(_north.Issuer.Intermediate, issuerKey, _pki.Root.Certificate.SubjectName, rootKey, HashAlgorithmName.SHA384);
        var leaf = Copy(real.Leaf, issuerKey, _north.Issuer.Intermediate.SubjectName, issuerKey, HashAlgorithmName.SHA256);
        var bare = new TrustAnchors(_pki.Federation, [_pki.Root.Certificate], []);
        if (realFirst)
        {
            Assert.IsType<PeerVerdict.Verified>(Verify(real.Leaf, bare, _north.Issuer.Intermediate));
        }

        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, bare, issuer));
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, bare, issuer, _north.Issuer.Intermediate));
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, _pki.Anchors));
        Assert.Null(PeerVerifier.VerifyIntermediate(issuer, _pki.Anchors, _clock.GetUtcNow()));
        // One that was put in the store by mistake opens nothing either.
        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, bare.WithIntermediates([issuer])));
        Assert.IsType<PeerVerdict.Verified>(Verify(real.Leaf, bare, issuer, _north.Issuer.Intermediate));
    }

    [Fact]
    public void Verify_leafThatTheIntermediateDidNotSign_isRefused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = Copy(_north.AddAgent().Leaf, key, _north.Issuer.Intermediate.SubjectName, key, HashAlgorithmName.SHA256);

        Assert.IsType<PeerVerdict.NotTrusted>(Verify(leaf, _pki.Anchors, _north.Issuer.Intermediate));
    }

    [Fact]
    public void Verify_intermediateOfAnotherFederationsRoot_isNotCoveredByOurs()
    {
        var other = new TestPki(_clock);
        var stranger = other.AddSite("north.test");

        Assert.NotNull(PeerVerifier.VerifyIntermediate(stranger.Issuer.Intermediate, other.Anchors, _clock.GetUtcNow()));
        Assert.Null(PeerVerifier.VerifyIntermediate(stranger.Issuer.Intermediate, _pki.Anchors, _clock.GetUtcNow()));
    }

    private PeerVerdict Verify(X509Certificate2 leaf, TrustAnchors anchors, params X509Certificate2[] presented) =>
        PeerVerifier.Verify(leaf, PeerExpectation.AgentsOf(_north.Id), anchors, _clock.GetUtcNow(), presented);

    private static X509Certificate2 Copy(X509Certificate2 real, ECDsa key, X500DistinguishedName issuer, ECDsa issuerKey, HashAlgorithmName hash)
    {
        var request = new CertificateRequest(real.SubjectName, key, hash);
        foreach (var extension in real.Extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request.Create(issuer, X509SignatureGenerator.CreateForECDsa(issuerKey), real.NotBefore, real.NotAfter, [1, 2, 3]);
    }
}

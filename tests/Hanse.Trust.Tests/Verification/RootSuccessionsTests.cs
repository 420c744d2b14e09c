using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

/// <summary>A root is believed by the word of one that is trusted already (T4), and by nothing else.</summary>
public sealed class RootSuccessionsTests
{
    private readonly TestPki _pki = new(new ManualClock());

    [Fact]
    public void Follow_chainOfTwo_findsBoth()
    {
        using var second = _pki.CreateRoot();
        using var third = _pki.CreateRoot();

        var found = Follow(_pki.Root.VouchFor(second.Certificate), second.VouchFor(third.Certificate));

        Assert.Equal([second.Pin, third.Pin], found);
    }

    [Fact]
    public void Follow_signedByAnotherRoot_findsNothing()
    {
        using var second = _pki.CreateRoot();
        using var stranger = _pki.CreateRoot();
        var forged = stranger.VouchFor(second.Certificate);
        forged.Predecessor = ByteString.CopyFrom(_pki.Root.Certificate.RawData);

        Assert.Empty(Follow(forged));
        Assert.Empty(Follow(stranger.VouchFor(second.Certificate)));
    }

    [Fact]
    public void Follow_changedSuccessorOrFederation_findsNothing()
    {
        using var second = _pki.CreateRoot();
        using var third = _pki.CreateRoot();
        var changed = _pki.Root.VouchFor(second.Certificate);
        changed.Successor = ByteString.CopyFrom(third.Certificate.RawData);

        Assert.Empty(Follow(changed));
        var known = SpkiHash.Of(_pki.Root.Certificate);
        Assert.Empty(RootSuccessions.Follow(FederationId.New(), known.Equals, [_pki.Root.VouchFor(second.Certificate)]));
    }

    [Fact]
    public void Follow_malformed_isPassedOver()
    {
        using var second = _pki.CreateRoot();
        var garbage = new RootSuccession { Predecessor = ByteString.CopyFromUtf8("no"), Successor = ByteString.CopyFromUtf8("certificate"), Signature = ByteString.Empty };

        Assert.Equal([second.Pin], Follow(garbage, _pki.Root.VouchFor(second.Certificate), garbage));
    }

    [Fact]
    public void TrustAnchors_passSuccessionsOn_andNameTheirSetWhateverTheOrder()
    {
        using var second = _pki.CreateRoot();
        var anchors = new TrustAnchors(_pki.Federation, [_pki.Root.Certificate, second.Certificate], []) { Successions = [_pki.Root.VouchFor(second.Certificate)] };
        var swapped = new TrustAnchors(_pki.Federation, [second.Certificate, _pki.Root.Certificate], []);

        Assert.Equal(anchors.Successions, TrustAnchors.FromWire(anchors.ToWire())!.WithIntermediates([]).Successions);
        Assert.Equal(anchors.RootSetId, swapped.RootSetId);
        Assert.NotEqual(anchors.RootSetId, _pki.Anchors.RootSetId);
    }

    private IEnumerable<SpkiHash> Follow(params RootSuccession[] successions)
    {
        var known = SpkiHash.Of(_pki.Root.Certificate);
        return RootSuccessions.Follow(_pki.Federation, known.Equals, successions).Select(SpkiHash.Of);
    }
}

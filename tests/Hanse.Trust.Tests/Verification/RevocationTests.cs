using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Verification;

public sealed class RevocationTests
{
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;

    public RevocationTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
    }

    [Fact]
    public void Verify_signedList_bansSitesHostsAndKeys()
    {
        var (first, second, third) = (_north.AddAgent(), _north.AddAgent(), _north.AddAgent());
        var south = _pki.AddSite("south.test");
        var list = NewList(1);
        list.SiteIds.Add(south.Id.ToWire());
        list.HostIds.Add(first.Identity.Host!.Value.ToWire());
        list.SpkiHashes.Add(ByteString.CopyFrom(SpkiHash.Of(second.Leaf).ToBytes()));
        var revocations = RevocationSignature.Verify(RevocationSignature.Sign(list, _pki.Coordinator), _pki.Anchors);
        var verifier = _pki.Verifier(_pki.Anchors.WithRevocations(revocations!));
        var agents = new PeerExpectation(NodeKind.Agent);

        Assert.Equal(["banned", "banned", "", "banned"],
            new[] { first, second, third, south.AddAgent() }.Select(a => verifier.Verify(a.Leaf, agents).Code));
        Assert.Null(PeerVerifier.VerifyIntermediate(south.Issuer.Intermediate, verifier.Trust.Value, _clock.GetUtcNow()));
    }

    [Fact]
    public void Verify_listOutlivesItsSigner()
    {
        var signed = RevocationSignature.Sign(NewList(1), _pki.Coordinator);
        _clock.Advance(TimeSpan.FromDays(60));

        Assert.NotNull(RevocationSignature.Verify(signed, _pki.Anchors));
    }

    [Fact]
    public void Verify_signedByASite_orChanged_isRefused()
    {
        Assert.Null(RevocationSignature.Verify(RevocationSignature.Sign(NewList(1), _north.Credential), _pki.Anchors));

        var signed = RevocationSignature.Sign(NewList(1), _pki.Coordinator);
        signed.List = NewList(2).ToByteString();
        Assert.Null(RevocationSignature.Verify(signed, _pki.Anchors));
        Assert.Null(RevocationSignature.Verify(new SignedRevocations(), _pki.Anchors));
    }

    [Fact]
    public void Accept_olderTrustOrList_changesNothing_andNewerKeepsLocalBans()
    {
        var ban = HostId.New();
        var trust = CurrentTrust.InMemory(At(1, 5).WithRevocations(List(3)).WithLocalBans([ban]));

        Assert.False(trust.Accept(At(1, 4)));
        Assert.False(trust.Accept(At(1, 5).WithRevocations(List(2))));
        Assert.True(trust.Accept(At(2, 1).WithRevocations(List(2))));
        Assert.Equal((2UL, 3UL), (trust.Value.IncarnationNumber, trust.Value.Revocations.Number));
        Assert.Equal([ban], trust.Value.LocalBans);
        Assert.False(trust.Accept(new TestPki(_clock).Anchors));
    }

    [Fact]
    public void Open_savedTrust_isTheSame_andADamagedFileIsNamed()
    {
        using var folder = new TestFolder();
        var path = folder.File("trust");
        CurrentTrust.Create(path, At(1, 7).WithRevocations(List(9)));

        var opened = CurrentTrust.Open(path)!.Value;
        Assert.Equal((7UL, 9UL, 1), (opened.Generation, opened.Revocations.Number, opened.Roots.Length));
        Assert.Null(CurrentTrust.Open(folder.File("none")));
        File.WriteAllText(path, "damaged");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => CurrentTrust.Open(path)).Message, StringComparison.Ordinal);
    }

    private RevocationList NewList(ulong number) => new() { Number = number, IssuedUnixS = _clock.GetUtcNow().ToUnixTimeSeconds() };

    private Revocations List(ulong number) => RevocationSignature.Verify(RevocationSignature.Sign(NewList(number), _pki.Coordinator), _pki.Anchors)!;

    private TrustAnchors At(ulong incarnation, ulong generation) =>
        new(_pki.Federation, [_pki.Root.Certificate], _pki.Anchors.Intermediates) { IncarnationNumber = incarnation, Generation = generation };
}

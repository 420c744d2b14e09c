using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Audit;
using Hanse.TestKit;
using Hanse.Trust.Keys;

namespace Hanse.Coordinator.Tests.Audit;

/// <summary>A3: a checkpoint is a text whose signatures anybody can check who has the roots.</summary>
public sealed class CheckpointTests
{
    private readonly ManualClock _clock = new();
    private readonly TestPki _pki;
    private readonly Checkpoint _checkpoint;

    public CheckpointTests()
    {
        _pki = new TestPki(_clock);
        _checkpoint = new(_pki.Coordinator.Identity, new Guid(7, 0, 0, new byte[8]), 42, MerkleHash.Leaf([1]), _clock.GetUtcNow());
    }

    [Fact]
    public void Text_is_the_one_that_the_document_shows()
    {
        Assert.Equal(
            $"hanse://coordinator.{_pki.Federation}/audit/00000007000000000000000000000000\n42\n{Convert.ToBase64String(MerkleHash.Leaf([1]))}\ntime 2030-01-01T00:00:00.000Z\n",
            _checkpoint.ToText());
        Assert.True(Checkpoint.TryParse(_checkpoint.ToText(), out var read));
        Assert.Equal(_checkpoint, read);
    }

    [Theory]
    [InlineData("42", "042")]
    [InlineData("42", "-42")]
    [InlineData("\ntime", "\nextra\ntime")]
    [InlineData("/audit/", "/Audit/")]
    [InlineData("Z\n", "Z")]
    [InlineData("hanse://coordinator", "hanse://gateway")]
    public void Text_of_another_form_is_refused(string part, string other) =>
        Assert.False(Checkpoint.TryParse(_checkpoint.ToText().Replace(part, other, StringComparison.Ordinal), out _));

    [Fact]
    public void Signatures_of_owner_and_witness_hold_after_both_certificates_have_ended()
    {
        var site = _pki.AddSite("north.test");
        var signed = Sign(_pki.Coordinator, site.Credential);
        _clock.Advance(TimeSpan.FromDays(400));

        Assert.True(SignedCheckpoint.TryParse(signed.ToText(), out var read));
        var (signers, fault) = SignatureCheck.Judge(read, Certificates(_pki.Coordinator, site.Credential), [_pki.Root.Certificate]);
        Assert.Null(fault);
        Assert.Equal([_pki.Coordinator.Identity.ToString(), site.Credential.Identity.ToString()], signers);
    }

    [Fact]
    public void Signature_over_another_size_root_or_time_is_none()
    {
        var signature = Sign(_pki.Coordinator).Signatures[0];
        foreach (var other in new[]
        {
            _checkpoint with { Size = 43 }, _checkpoint with { Root = MerkleHash.Leaf([2]) }, _checkpoint with { Time = _checkpoint.Time.AddMilliseconds(1) },
            _checkpoint with { Log = new Guid(8, 0, 0, new byte[8]) },
        })
        {
            Assert.Null(NoteSigner.Verify(other, signature, Certificates(_pki.Coordinator), [_pki.Root.Certificate]));
        }

        Assert.Null(NoteSigner.Verify(
            _checkpoint, signature with { Time = signature.Time.AddSeconds(1) }, Certificates(_pki.Coordinator), [_pki.Root.Certificate]));
    }

    [Fact]
    public void Signature_by_a_node_of_another_name_or_federation_does_not_count_for_the_owner()
    {
        var stranger = new TestPki(_clock);
        var site = _pki.AddSite("north.test");
        var forged = Sign(site.Credential).Signatures[0] with { Signer = _pki.Coordinator.Identity.ToString() };
        Assert.NotNull(SignatureCheck.Judge(new(_checkpoint, [forged]), Certificates(_pki.Coordinator, site.Credential), [_pki.Root.Certificate]).Fault);
        Assert.NotNull(SignatureCheck.Judge(Sign(_pki.Coordinator), Certificates(_pki.Coordinator), [stranger.Root.Certificate]).Fault);
        Assert.NotNull(SignatureCheck.Judge(Sign(_pki.Coordinator), SignerCertificates.None, [_pki.Root.Certificate]).Fault);
        Assert.NotNull(SignatureCheck.Judge(Sign(_pki.Coordinator), Certificates(_pki.Coordinator), []).Fault);
    }

    private SignedCheckpoint Sign(params NodeCredential[] nodes) => new(_checkpoint, [.. nodes.Select(n => NoteSigner.Sign(_checkpoint, n, _clock.GetUtcNow()))]);

    private static SignerCertificates Certificates(params NodeCredential[] nodes) => nodes.Select(SignerCertificates.Of).Aggregate((a, b) => a + b);
}

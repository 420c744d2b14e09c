using Hanse.Authority.Issuing;
using Hanse.Authority.Sealing;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Tests.Sealing;

public sealed class RootSealTests
{
    private readonly ManualClock _clock = new();
    private readonly LifetimeOptions _lifetimes = new();
    private readonly SealingKey _key = SealingKey.Generate();
    private readonly RootAuthority _root;

    public RootSealTests() => _root = RootAuthority.Create(FederationId.New(), _lifetimes, _clock);

    [Fact]
    public void Unseal_rightKey_issuesAgain()
    {
        var outcome = RootSeal.Unseal(RootSeal.Seal(_root, _key), _key, _lifetimes);

        using var root = Assert.IsType<UnsealOutcome.Unsealed>(outcome).Root;
        Assert.Equal((_root.Pin, _root.Federation), (root.Pin, root.Federation));
        Assert.NotNull(root.IssueForSite(SiteId.New(), NodeKey.Generate().PublicKey, TestPki.Names("north.test"), _clock));
    }

    [Fact]
    public void Unseal_otherKeyFile_isSaid() =>
        Assert.IsType<UnsealOutcome.WrongKeyFile>(RootSeal.Unseal(RootSeal.Seal(_root, _key), SealingKey.Generate(), _lifetimes));

    [Fact]
    public void Unseal_anyByteChanged_isRefused()
    {
        var good = RootSeal.Seal(_root, _key);
        for (var i = 0; i < good.SealedKey.Length; i++)
        {
            var bytes = (byte[])good.SealedKey.Clone();
            bytes[i] ^= 1;
            Assert.IsNotType<UnsealOutcome.Unsealed>(RootSeal.Unseal(good with { SealedKey = bytes }, _key, _lifetimes));
        }

        Assert.IsType<UnsealOutcome.Damaged>(RootSeal.Unseal(good with { SealedKey = [] }, _key, _lifetimes));
    }

    [Fact]
    public void Unseal_movedToAnotherRootOrFederation_isRefused()
    {
        var good = RootSeal.Seal(_root, _key);
        var other = RootSeal.Seal(RootAuthority.Create(FederationId.New(), _lifetimes, _clock), _key);

        Assert.IsType<UnsealOutcome.Damaged>(RootSeal.Unseal(good with { Certificate = other.Certificate }, _key, _lifetimes));
        Assert.IsType<UnsealOutcome.Damaged>(RootSeal.Unseal(good with { Federation = other.Federation }, _key, _lifetimes));
    }

    [Fact]
    public void KeyFile_roundTrips_isPrivate_andDamageIsNamed()
    {
        using var folder = new TestFolder();
        var path = folder.File("root.key");
        SealingKey.LoadOrGenerate(path);

        var outcome = RootSeal.Unseal(RootSeal.Seal(_root, SealingKey.Load(path)), SealingKey.LoadOrGenerate(path), _lifetimes);
        Assert.IsType<UnsealOutcome.Unsealed>(outcome);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.WriteAllText(path, Convert.ToBase64String(new byte[31]));
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => SealingKey.Load(path)).Message, StringComparison.Ordinal);
    }
}

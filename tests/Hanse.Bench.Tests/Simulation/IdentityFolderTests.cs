using Hanse.Bench.Simulation;
using Hanse.TestKit;
using Hanse.Trust.Keys;

namespace Hanse.Bench.Tests.Simulation;

public sealed class IdentityFolderTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestSitePki _north = new TestPki(new ManualClock()).AddSite("north.test");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void KeyToJoinWith_joinCutOff_isTheSameAtTheNextStart()
    {
        using var first = new IdentityFolder(_folder.Path).KeyToJoinWith(3);
        var restarted = new IdentityFolder(_folder.Path);
        using var again = restarted.KeyToJoinWith(3);
        using var other = restarted.KeyToJoinWith(4);

        Assert.Null(restarted.Find(3));
        Assert.Equal(first.SpkiHash, again.SpkiHash);
        Assert.NotEqual(first.SpkiHash, other.SpkiHash);
    }

    [Fact]
    public void Find_afterSave_isTheSameIdentityWithItsKey()
    {
        var folder = new IdentityFolder(_folder.Path);
        var key = folder.KeyToJoinWith(3);
        var credential = new NodeCredential(key, _north.Issuer.IssueAgent(Hanse.Protocol.Ids.HostId.New(), key.PublicKey, _north.Time), [_north.Issuer.Intermediate]);
        folder.Save(3, key, credential);

        var found = new IdentityFolder(_folder.Path).Find(3);

        Assert.Equal(credential.Identity, found!.Identity);
        Assert.Equal(credential.Leaf.RawData, found.Leaf.RawData);
        Assert.True(found.Leaf.HasPrivateKey);
    }

    [Fact]
    public void Secret_afterRestart_isTheOneGivenLast_andEachAgentHasItsOwn()
    {
        var file = Path.Combine(_folder.Path, "secrets");
        using (var secrets = new SecretFile(file))
        {
            secrets.Of(0).Replace([1, 2, 3]);
            secrets.Of(5).Replace([4, 5]);
            secrets.Of(5).Replace([6, 7, 8, 9]);
        }

        using var reopened = new SecretFile(file);
        Assert.Equal([1, 2, 3], reopened.Of(0).Value);
        Assert.Equal([6, 7, 8, 9], reopened.Of(5).Value);
        Assert.Empty(reopened.Of(4).Value);
        Assert.Empty(reopened.Of(6).Value);
    }

    [Fact]
    public void Spread_overSitesThatHaveSome_evensOut()
    {
        var counts = new[] { 5, 1, 0 };

        var spread = SimulatedFleet.Spread([.. Enumerable.Range(0, 9)], counts);

        Assert.Equal(9, spread.Count);
        Assert.Equal([5, 5, 5], counts);
    }
}

using System.Security.Cryptography;
using Hanse.TestKit;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Tests.Keys;

public sealed class NodeKeyTests
{
    [Fact]
    public void Save_andLoad_giveTheSameKey_readableByTheOwnerOnly()
    {
        using var folder = new TestFolder();
        var path = folder.File("key.pem");
        using var key = NodeKey.Generate();
        key.Save(path);

        Assert.Equal(key.SpkiHash, NodeKey.LoadOrGenerate(path).SpkiHash);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Load_notAKey_namesTheFile()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder.File("key.pem"), "nothing");

        Assert.Contains("key.pem", Assert.Throws<CryptographicException>(() => NodeKey.Load(folder.File("key.pem"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SigningRequest_carriesTheKey_andAnyChangeIsNoticed()
    {
        using var key = NodeKey.Generate();
        var request = key.CreateSigningRequest();

        Assert.True(SigningRequest.TryReadPublicKey(request, out var found));
        Assert.Equal(key.SpkiHash, SpkiHash.Of(found));
        for (var i = 0; i < request.Length; i++)
        {
            var damaged = (byte[])request.Clone();
            damaged[i] ^= 1;
            Assert.False(SigningRequest.TryReadPublicKey(damaged, out _) && !damaged.AsSpan().SequenceEqual(request), $"byte {i}");
        }

        Assert.False(SigningRequest.TryReadPublicKey(NodeKey.GenerateForRoot().CreateSigningRequest(), out _));
        Assert.False(SigningRequest.TryReadPublicKey(new byte[100_000], out _));
    }

    [Fact]
    public void Credential_savedAndSwapped_isWhatTheNextStartFinds()
    {
        using var folder = new TestFolder();
        var path = folder.File("credential.pem");
        var site = new TestPki(new ManualClock()).AddSite("north.test");
        var (old, renewed) = (site.AddAgent(), site.AddAgent());
        var current = CurrentCredential.Create(path, old);
        NodeCredential? told = null;
        current.Swapped += credential => told = credential;
        current.Swap(renewed);

        Assert.Same(renewed, told);
        Assert.True(CurrentCredential.TryOpen(path, out var opened));
        Assert.Equal(renewed.Identity, opened.Value.Identity);
        Assert.Equal(renewed.LeafHash, opened.Value.LeafHash);
        Assert.Equal(renewed.Chain.Single().RawData, opened.Value.Chain.Single().RawData);
        Assert.False(CurrentCredential.TryOpen(folder.File("none"), out _));
    }
}

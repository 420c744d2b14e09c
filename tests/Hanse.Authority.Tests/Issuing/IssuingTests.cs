using Hanse.Authority.Issuing;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Authority.Tests.Issuing;

public sealed class IssuingTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Lifetimes_defaults_areThoseOfT3()
    {
        var pki = new TestPki(_clock);
        var site = pki.AddSite("north.test");

        Assert.Equal(_clock.GetUtcNow().AddDays(3652), pki.Root.Certificate.NotAfter.ToUniversalTime());
        Assert.Equal(_clock.GetUtcNow().AddDays(365), site.Issuer.NotAfter);
        Assert.Equal(_clock.GetUtcNow().AddDays(30), site.Credential.NotAfter);
        Assert.Equal(_clock.GetUtcNow().AddMinutes(-5), site.Credential.NotBefore);
    }

    [Fact]
    public void Leaf_neverOutlivesItsIssuer_andAnExpiredIssuerIssuesNothing()
    {
        var pki = new TestPki(_clock, new LifetimeOptions { Intermediate = TimeSpan.FromDays(40) });
        var site = pki.AddSite("north.test");
        _clock.Advance(TimeSpan.FromDays(35));
        Assert.Equal(site.Issuer.NotAfter, site.AddAgent().NotAfter);

        _clock.Advance(TimeSpan.FromDays(5));
        Assert.False(site.Issuer.CanIssue(_clock));
        Assert.Throws<InvalidOperationException>(() => site.AddAgent());
    }

    [Fact]
    public void Lifetimes_ofSeconds_work_andNonsenseIsNamed()
    {
        var seconds = new LifetimeOptions { Root = TimeSpan.FromMinutes(1), Intermediate = TimeSpan.FromSeconds(20), Leaf = TimeSpan.FromSeconds(4) };
        Assert.Empty(seconds.Validate());
        var agent = new TestPki(_clock, seconds).AddSite("north.test").AddAgent();
        Assert.Equal(_clock.GetUtcNow().AddSeconds(4), agent.NotAfter);

        Assert.Contains("trust.leafLifetime", Assert.Single(new LifetimeOptions { Leaf = TimeSpan.Zero }.Validate()), StringComparison.Ordinal);
        Assert.Single(new LifetimeOptions { Leaf = TimeSpan.FromDays(400) }.Validate());
    }

    [Fact]
    public void Serials_areRandomAndPositive()
    {
        var site = new TestPki(_clock).AddSite("north.test");
        var serials = Enumerable.Range(0, 50).Select(_ => site.AddAgent().Leaf.SerialNumber).ToList();

        Assert.Equal(50, serials.Distinct().Count());
        Assert.All(serials, s => Assert.InRange(Convert.ToByte(s[..2], 16), 0x40, 0x7F));
    }

    [Fact]
    public void Agent_hasOnlyItsIdentity_andNoHostLikeName()
    {
        var leaf = new TestPki(_clock).AddSite("north.test").AddAgent().Leaf;

        Assert.Equal("CN=Hanse agent", leaf.Subject);
        var names = leaf.Extensions.OfType<System.Security.Cryptography.X509Certificates.X509SubjectAlternativeNameExtension>().Single();
        Assert.Empty(names.EnumerateDnsNames());
        Assert.Empty(names.EnumerateIPAddresses());
        Assert.NotNull(CertificateNames.ReadIdentity(leaf));
    }

    [Fact]
    public void Server_coversItsNamesAndTheirLinkNames()
    {
        var leaf = new TestPki(_clock).AddSite("north.test").Credential.Leaf;

        Assert.True(leaf.MatchesHostname("north.test"));
        Assert.True(leaf.MatchesHostname("link.north.test"));
        Assert.True(leaf.MatchesHostname("127.0.0.1"));
        Assert.False(leaf.MatchesHostname("south.test"));
    }

    [Theory]
    [InlineData("north.test", true)]
    [InlineData("localhost", true)]
    [InlineData("a-1.b", true)]
    [InlineData("NORTH.Test", true)]
    [InlineData("*.test", false)]
    [InlineData("north test", false)]
    [InlineData("north..test", false)]
    [InlineData("-a.test", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("a';drop table sites;--", false)]
    [InlineData("", false)]
    public void ServerNames_onlyHostNames(string name, bool valid)
    {
        Assert.Equal(valid, ServerNames.TryCreate([name], [], out _, out var reason));
        Assert.Equal(valid, reason.Length == 0);
    }

    [Fact]
    public void ServerNames_tooLongOrTooMany_orBadAddress_areRefused()
    {
        Assert.False(ServerNames.TryCreate([new string('a', 10_000)], [], out _, out var reason));
        Assert.True(reason.Length < 200);
        Assert.False(ServerNames.TryCreate([], [], out _, out _));
        Assert.False(ServerNames.TryCreate(Enumerable.Range(0, 33).Select(i => $"n{i}.test"), [], out _, out _));
        Assert.False(ServerNames.TryCreate(["north.test"], ["here"], out _, out _));
    }

    [Fact]
    public void Issuer_savedAndSwapped_isWhatTheNextStartFinds()
    {
        using var folder = new TestFolder();
        var path = folder.File("issuer.pem");
        var pki = new TestPki(_clock);
        var (first, second) = (pki.AddSite("north.test").Issuer, pki.AddSite("south.test").Issuer);
        CurrentIssuer.Create(path, first).Swap(second);

        var opened = CurrentIssuer.Open(path, pki.Lifetimes)!.Value;
        Assert.Equal(second.Identity, opened.Identity);
        Assert.Equal(pki.Federation, opened.Identity.Federation);
        Assert.Null(CurrentIssuer.Open(folder.File("none"), pki.Lifetimes));
        Assert.NotNull(opened.IssueAgent(HostId.New(), NodeKey.Generate().PublicKey, _clock));
        Assert.Throws<InvalidOperationException>(() => opened.IssueGateway(GatewayId.New(), NodeKey.Generate().PublicKey, _clock));
        Assert.Throws<ArgumentException>(() => new LeafIssuer(NodeKey.Generate(), first.Intermediate, pki.Lifetimes));
    }
}

using Hanse.Authority.Issuing;
using Hanse.Protocol.Ids;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.TestKit;

/// <summary>A federation's certificates, made by the real authority: a root, the coordinator, and as many sites as a test adds.</summary>
public sealed class TestPki
{
    private readonly List<TestSitePki> _sites = [];

    public TestPki(TimeProvider time, LifetimeOptions? lifetimes = null)
    {
        Time = time;
        Lifetimes = lifetimes ?? new LifetimeOptions();
        Root = RootAuthority.Create(Federation, Lifetimes, time);
        var key = NodeKey.Generate();
        CoordinatorNames = Names("hq.test");
        CoordinatorIssuer = new LeafIssuer(key, Root.IssueForCoordinator(key.PublicKey, CoordinatorNames, time), Lifetimes);
        Coordinator = CoordinatorIssuer.IssueOwnCredential(CoordinatorNames, time);
    }

    public TimeProvider Time { get; }

    public LifetimeOptions Lifetimes { get; }

    public FederationId Federation { get; } = FederationId.New();

    public RootAuthority Root { get; }

    public ServerNames CoordinatorNames { get; }

    public LeafIssuer CoordinatorIssuer { get; }

    public NodeCredential Coordinator { get; }

    /// <summary>Another root of the same federation, to rotate to.</summary>
    public RootAuthority CreateRoot() => RootAuthority.Create(Federation, Lifetimes, Time);

    /// <summary>The root and the intermediates of the coordinator and of all sites added so far.</summary>
    public TrustAnchors Anchors => new(Federation, [Root.Certificate], [CoordinatorIssuer.Intermediate, .. _sites.Select(s => s.Issuer.Intermediate)]);

    public static ServerNames Names(params string[] external) => ServerNames.TryCreate(external, ["127.0.0.1"], out var names, out var reason)
        ? names
        : throw new ArgumentException(reason, nameof(external));

    public PeerVerifier Verifier(TrustAnchors? anchors = null) => new(CurrentTrust.InMemory(anchors ?? Anchors), Time);

    public TestSitePki AddSite(string externalName)
    {
        var id = SiteId.New();
        var key = NodeKey.Generate();
        var names = Names(externalName);
        var issuer = new LeafIssuer(key, Root.IssueForSite(id, key.PublicKey, names, Time), Lifetimes);
        var site = new TestSitePki(id, names, issuer, issuer.IssueOwnCredential(names, Time), Time);
        _sites.Add(site);
        return site;
    }
}

/// <summary>One site's certificates.</summary>
public sealed record TestSitePki(SiteId Id, ServerNames Names, LeafIssuer Issuer, NodeCredential Credential, TimeProvider Time)
{
    public NodeCredential AddAgent(HostId? host = null)
    {
        var key = NodeKey.Generate();
        return new NodeCredential(key, Issuer.IssueAgent(host ?? HostId.New(), key.PublicKey, Time), [Issuer.Intermediate]);
    }
}

using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Trust.Verification;

/// <summary>Whom one is ready to talk to. A peer is authenticated by identity; a DNS name is asked for only where the identity
/// is not known yet, at joining (T1).</summary>
public sealed record PeerExpectation
{
    /// <summary>T6: how long after its end a certificate still lets its node return.</summary>
    public static readonly TimeSpan DefaultReturnWindow = TimeSpan.FromDays(90);

    public PeerExpectation(params NodeKind[] kinds) => Kinds = [.. kinds];

    public IReadOnlyList<NodeKind> Kinds { get; }

    /// <summary>The one site that it must be, or belong to.</summary>
    public SiteId? Site { get; init; }

    /// <summary>A DNS name that the certificate must cover.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether a node is registered; without it no verified peer is <see cref="PeerVerdict.Unknown"/>.</summary>
    public Func<NodeIdentity, bool>? IsKnown { get; init; }

    public TimeSpan ReturnWindow { get; init; } = DefaultReturnWindow;

    /// <summary>For who signed something in the past: a revocation list must not depend on a list, and what a node signed before it
    /// was banned stays signed.</summary>
    public bool IgnoreBans { get; init; }

    public static PeerExpectation Coordinator() => new(NodeKind.Coordinator);

    /// <summary>The one site that an agent belongs to.</summary>
    public static PeerExpectation TheSite(SiteId site) => new(NodeKind.Site) { Site = site };

    /// <summary>What a site lets in: its own agents.</summary>
    public static PeerExpectation AgentsOf(SiteId site) => new(NodeKind.Agent) { Site = site };

    /// <summary>What a coordinator lets in.</summary>
    public static PeerExpectation SitesAndGateways() => new(NodeKind.Site, NodeKind.Gateway);
}

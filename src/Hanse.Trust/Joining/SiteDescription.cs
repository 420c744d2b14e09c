using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>Sent with a site's request.</summary>
public sealed record SiteDescription(string SoftwareVersion, IReadOnlyList<uint> Capabilities);

/// <summary>Sent with an agent's request: attributes, never identity (J4).</summary>
public sealed record HostDescription(string Hostname, string MachineId, string BootId, string SoftwareVersion);

/// <summary>How a site's joining ended.</summary>
public abstract record SiteJoinOutcome
{
    private SiteJoinOutcome()
    {
    }

    /// <summary>All parts are checked: the intermediate is for the site's own key and leads to a trusted root.</summary>
    public sealed record Joined : SiteJoinOutcome
    {
        public required FederationId Federation { get; init; }

        public required SiteId Site { get; init; }

        public required string Name { get; init; }

        public required X509Certificate2 Intermediate { get; init; }

        public required TrustAnchors Trust { get; init; }

        /// <summary>K_site of J3. A secret: kept sealed or in a file of mode 0600.</summary>
        public required byte[] SiteKey { get; init; }

        public required ImmutableArray<string> ExternalNames { get; init; }

        /// <summary>Where agents dial this site, as the registry has it.</summary>
        public required ImmutableArray<NodeAddress> Addresses { get; init; }

        public required string CoordinatorServerName { get; init; }

        public required ImmutableArray<NodeAddress> CoordinatorAddresses { get; init; }
    }

    public sealed record Refused(JoinRefusal Refusal) : SiteJoinOutcome;
}

/// <summary>How an agent's joining ended.</summary>
public abstract record AgentJoinOutcome
{
    private AgentJoinOutcome()
    {
    }

    /// <summary>All parts are checked: the site proved the customer key, and the certificate is for the agent's own key.</summary>
    public sealed record Joined : AgentJoinOutcome
    {
        public required FederationId Federation { get; init; }

        public required SiteId Site { get; init; }

        public required HostId Host { get; init; }

        public required NodeCredential Credential { get; init; }

        public required TrustAnchors Trust { get; init; }

        public required string ServerName { get; init; }

        /// <summary>The site's own, then those of the join string: the way that led here may be the only one, through a gateway.</summary>
        public required ImmutableArray<NodeAddress> Addresses { get; init; }
    }

    public sealed record Refused(JoinRefusal Refusal) : AgentJoinOutcome;
}

/// <summary>How a renewal ended.</summary>
public abstract record RenewOutcome
{
    private RenewOutcome()
    {
    }

    /// <summary>The certificate is for the new key and the same identity, and leads to a trusted root.</summary>
    public sealed record Renewed(X509Certificate2 Certificate, TrustAnchors Trust) : RenewOutcome
    {
        /// <summary>For a leaf: the credential to swap in. Takes ownership of the key.</summary>
        public NodeCredential ToCredential(NodeKey key) => new(key, Certificate, Trust.ChainOf(Certificate));
    }

    public sealed record Refused(JoinRefusal Refusal) : RenewOutcome;
}

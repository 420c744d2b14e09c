using System.Collections.Immutable;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>How a gateway's joining ended.</summary>
public abstract record GatewayJoinOutcome
{
    private GatewayJoinOutcome()
    {
    }

    /// <summary>All parts are checked: the certificate is for the gateway's own key and leads to a trusted root.</summary>
    public sealed record Joined : GatewayJoinOutcome
    {
        public required string Name { get; init; }

        /// <summary>Its identity holds the gateway's id and federation.</summary>
        public required NodeCredential Credential { get; init; }

        public required TrustAnchors Trust { get; init; }

        public required string CoordinatorServerName { get; init; }

        public required ImmutableArray<NodeAddress> CoordinatorAddresses { get; init; }
    }

    public sealed record Refused(JoinRefusal Refusal) : GatewayJoinOutcome;
}

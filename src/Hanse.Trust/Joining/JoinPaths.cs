namespace Hanse.Trust.Joining;

/// <summary>What is served on the link name beside <c>/link</c>. Bodies are protobuf both ways; a refusal is a message <c>Error</c> with a
/// status of 4xx or 5xx. Answers carry the <c>Date</c> of the server's own clock, by which a joining node finds its own wrong.</summary>
public static class JoinPaths
{
    /// <summary>GET → <c>TrustSet</c>.</summary>
    public const string Trust = "/trust";

    /// <summary>POST, empty → <c>JoinChallenge</c>.</summary>
    public const string Challenge = "/join/challenge";

    /// <summary>POST <c>SiteJoinRequest</c> → <c>SiteJoinAnswer</c> at a coordinator, <c>AgentJoinRequest</c> → <c>AgentJoinAnswer</c> at a site.</summary>
    public const string Join = "/join";

    /// <summary>POST <c>GatewayJoinRequest</c> → <c>GatewayJoinAnswer</c>, at a coordinator.</summary>
    public const string JoinGateway = "/join/gateway";

    /// <summary>POST <c>JoinCheck</c> → <c>JoinCheckAnswer</c>, at a coordinator: how a join would go, asked without the token.</summary>
    public const string Check = "/join/check";

    /// <summary>POST <c>RenewRequest</c> → <c>RenewAnswer</c>; judged by the client certificate.</summary>
    public const string Renew = "/renew";

    /// <summary>POST <c>ProofRequest</c> → <c>ServerProof</c>: which node shows this TLS certificate (T8).</summary>
    public const string Proof = "/proof";

    public const string ContentType = "application/x-protobuf";

    /// <summary>No body, either way, is longer.</summary>
    public const int MaxBodyBytes = 1024 * 1024;
}

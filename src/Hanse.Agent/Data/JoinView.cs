namespace Hanse.Agent.Data;

/// <summary>What <c>join -o json</c> prints.</summary>
internal sealed record JoinView(string HostId, string SiteId, string FederationId, string DataDir);

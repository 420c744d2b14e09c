namespace Hanse.Agent.Paths;

/// <summary>The paths as the site last told them, in the agent's data folder.</summary>
internal sealed record PathRecord(IReadOnlyList<string> Addresses, IReadOnlyList<string> Gateways);

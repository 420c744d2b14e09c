namespace Hanse.Agent.Data;

/// <summary>Where the agent's site is reached, as given at joining.</summary>
internal sealed record SiteRecord(string Federation, string Site, string Host, string ServerName, IReadOnlyList<string> Addresses);

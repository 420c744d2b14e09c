using Hanse.Trust.Dialing;

namespace Hanse.Agent.Paths;

/// <summary>One way to the site.</summary>
/// <param name="Address">Where to dial.</param>
/// <param name="ByGateway">True for a gateway's address; false for one of the site's own.</param>
internal sealed record SitePath(NodeAddress Address, bool ByGateway);

namespace Hanse.Gateway.Routes;

/// <summary>How an address of a route is chosen for a new connection. Addresses that do not answer come last in both.</summary>
internal enum UpstreamChoice
{
    /// <summary>The one with the fewest live connections.</summary>
    LeastConnections,

    /// <summary>The same address for the same client as long as it answers; a change of the list moves as few clients as can be.</summary>
    ClientHash,
}

using Hanse.Trust.Dialing;

namespace Hanse.Link.Dialing;

/// <summary>Which server to reach.</summary>
/// <param name="Addresses">Tried in this order.</param>
/// <param name="ServerName">Sent as TLS server name (L2); needs no DNS entry.</param>
public sealed record LinkTarget(IReadOnlyList<NodeAddress> Addresses, string ServerName);

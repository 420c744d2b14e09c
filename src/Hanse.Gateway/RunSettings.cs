using Hanse.Gateway.Control;
using Hanse.Gateway.Relay;

namespace Hanse.Gateway;

/// <summary>What <c>run</c> was told.</summary>
/// <param name="Folder">Holds the identity, if the gateway has joined.</param>
/// <param name="Relay">How it listens and what it allows.</param>
/// <param name="Collector">Where metrics go; null for nowhere.</param>
internal sealed record RunSettings(GatewayFolder Folder, RelayOptions Relay, Uri? Collector);

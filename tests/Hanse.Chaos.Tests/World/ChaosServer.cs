using Hanse.Chaos.Tests.Ground;

namespace Hanse.Chaos.Tests.World;

/// <summary>A coordinator or site, the relay under whose address others reach it, and its API.</summary>
internal sealed record ChaosServer(ChaosNode Node, LinkRelay Relay, ServerApi Api);

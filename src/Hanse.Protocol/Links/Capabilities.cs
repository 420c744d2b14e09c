namespace Hanse.Protocol.Links;

/// <summary>What a node can do, as numbers exchanged in the hello (L3). A peer decides by these alone, never by a version string.
/// A number is never reused and never changes its meaning.</summary>
public static class Capabilities
{
    /// <summary>Requests, responses and events of the manifest.</summary>
    public const uint Requests = 1;

    /// <summary>Credit-controlled streams inside the link.</summary>
    public const uint Streams = 2;

    /// <summary>The server may reassign the heartbeat in a <c>Pong</c>.</summary>
    public const uint HeartbeatReassigned = 3;

    /// <summary>Runs scripts (agent), or passes them on (site).</summary>
    public const uint Scripts = 10;

    /// <summary>Reports inventory by section and hash.</summary>
    public const uint InventorySections = 11;

    /// <summary>What every node of this version has because its link has it.</summary>
    public static IReadOnlyList<uint> OfLink { get; } = [Requests, Streams, HeartbeatReassigned];
}

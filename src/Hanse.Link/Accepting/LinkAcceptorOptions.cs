using Hanse.Link.Pulse;

namespace Hanse.Link.Accepting;

/// <summary>How one server accepts links.</summary>
public sealed record LinkAcceptorOptions
{
    public LinkLimits Limits { get; init; } = LinkLimits.Default;

    public HeartbeatBudget Heartbeats { get; init; } = HeartbeatBudget.Default;

    /// <summary>Announced in the welcome.</summary>
    public IReadOnlyList<uint> Capabilities { get; init; } = Hanse.Protocol.Links.Capabilities.OfLink;

    /// <summary>When a peer may come back after a refusal that is the server's own fault or load.</summary>
    public TimeSpan RetryAfterFault { get; init; } = TimeSpan.FromSeconds(10);
}

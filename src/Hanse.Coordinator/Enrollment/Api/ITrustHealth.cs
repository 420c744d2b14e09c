namespace Hanse.Coordinator.Enrollment.Api;

/// <summary>Whether all nodes will stay reachable by themselves.</summary>
public interface ITrustHealth
{
    /// <summary>Who cannot renew, why, and what to do; empty while all renews by itself. It speaks long before anything ends.</summary>
    Task<IReadOnlyList<string>> TroublesAsync(CancellationToken cancellation);
}

namespace Hanse.Link;

/// <summary>What the hello settled for one link.</summary>
internal sealed record LinkTerms(bool Dialled, TimeSpan Heartbeat, int MaxSendBytes, int PeerMaxInFlight, int PeerMaxStreams, ulong Fence)
{
    /// <summary>The accepting side's current interval (it may reassign it); null on the dialling side.</summary>
    public Func<TimeSpan>? HeartbeatNow { get; init; }
}

namespace Hanse.Link;

/// <summary>What one link may cost (L4). Past a limit the peer gets a typed error; the process keeps serving.</summary>
public sealed record LinkLimits
{
    public static LinkLimits Default { get; } = new();

    /// <summary>Largest frame accepted, in bytes; announced in the welcome.</summary>
    public int MaxFrameBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest first frame of a peer that is not admitted yet, in bytes.</summary>
    public int MaxHelloBytes { get; init; } = 16 * 1024;

    /// <summary>Requests and events of one peer that are handled at the same time.</summary>
    public int MaxInFlight { get; init; } = 64;

    /// <summary>Streams open at the same time on one link, both directions together.</summary>
    public int MaxStreams { get; init; } = 16;

    /// <summary>Bytes a peer may have sent on one stream that nobody has read yet.</summary>
    public int StreamWindowBytes { get; init; } = 256 * 1024;

    /// <summary>How long a connected peer may take to say hello, and a server to answer it.</summary>
    public TimeSpan HelloDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections of one acceptor that have not been admitted yet.</summary>
    public int MaxUnauthenticated { get; init; } = 512;

    /// <summary>How long one frame may wait for a peer that does not read.</summary>
    public TimeSpan SendStall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a closing link waits for the peer's own close.</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A link is dead once nothing arrived for this many heartbeats.</summary>
    public int MissedHeartbeats { get; init; } = 3;
}

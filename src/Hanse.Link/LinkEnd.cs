using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>Why a link ended. <see cref="RetryAfter"/> is what the closing side asked for; zero when it asked for nothing.</summary>
public sealed record LinkEnd(LinkEndKind Kind, Error Error, TimeSpan RetryAfter, Exception? Cause = null);

public enum LinkEndKind
{
    /// <summary>This side said goodbye.</summary>
    ClosedHere,

    /// <summary>The peer said goodbye.</summary>
    ClosedByPeer,

    /// <summary>The peer broke the protocol and was told so.</summary>
    Violation,

    /// <summary>The connection failed, or the peer fell silent.</summary>
    Broken,
}

using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;

namespace Hanse.Link.Dialing;

/// <summary>What came of one try to get a link.</summary>
public abstract record DialResult
{
    private DialResult()
    {
    }

    /// <summary>The caller runs the link: <see cref="NodeLink.RunAsync"/>, exactly once.</summary>
    public sealed record Connected(NodeLink Link) : DialResult
    {
        /// <summary>Which of the target's addresses it was.</summary>
        public NodeAddress? Address { get; init; }
    }

    /// <summary>A server answered and said no, or was declined.</summary>
    public sealed record Refused(Error Error, TimeSpan RetryAfter) : DialResult;

    /// <summary>No address gave a link; the error tells of each.</summary>
    public sealed record Unreachable(Error Error) : DialResult;
}

using Hanse.Gateway.Relay;

namespace Hanse.Gateway.Takeover;

/// <summary>One connection on its way from one process to the next: its descriptors, and what is known of both ends.</summary>
/// <param name="Route">The key of its route; empty for a client whose hello has not been read.</param>
/// <param name="Client">The client's descriptor.</param>
/// <param name="Upstream">The upstream's; -1 for a client whose hello has not been read.</param>
internal sealed record ConnectionRecord(string Route, int Client, int Upstream)
{
    /// <summary>What is kept of an end's marks: how far the two directions have ended. The rest is found out anew.</summary>
    internal const EndMarks Kept = EndMarks.Ended | EndMarks.Shut | EndMarks.HangUp;

    internal EndMarks ClientMarks { get; init; }

    internal EndMarks UpstreamMarks { get; init; }

    /// <summary>Bytes of the client that stand in a pipe, and the pipe.</summary>
    internal int FromClient { get; init; }

    internal Pipe FromClientPipe { get; init; }

    internal int FromUpstream { get; init; }

    internal Pipe FromUpstreamPipe { get; init; }

    /// <summary>Its descriptors in the order of the format.</summary>
    internal IEnumerable<int> Descriptors
    {
        get
        {
            yield return Client;
            if (Upstream >= 0)
            {
                yield return Upstream;
            }

            if (FromClient > 0)
            {
                yield return FromClientPipe.Out;
                yield return FromClientPipe.In;
            }

            if (FromUpstream > 0)
            {
                yield return FromUpstreamPipe.Out;
                yield return FromUpstreamPipe.In;
            }
        }
    }
}

using Google.Protobuf;
using Hanse.Link.Streams;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>
/// What a node does with what its peer sends. One instance may serve any number of links: keep per-link state in
/// <see cref="NodeLink.State"/>. Calls come from the link's receive loop, in the order of their arrival, and run concurrently from their
/// first await on, at most <see cref="LinkLimits.MaxInFlight"/> of them a link.
/// </summary>
public interface ILinkHandler
{
    /// <summary>The link is up; nothing has been dispatched yet. Must not block: start other work from here.</summary>
    void OnOpened(NodeLink link);

    /// <summary>Answers one request of the manifest that this peer may make. <paramref name="cancellation"/> fires when the caller's time
    /// is over or the link ends. An exception becomes <c>internal-error</c> at the peer and <see cref="OnFault"/> here.</summary>
    ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation);

    /// <summary>Takes a one-way event.</summary>
    ValueTask OnEventAsync(LinkCall call, IMessage message, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Serves a stream the peer opened, until the returned task ends. A returned error refuses or aborts it.</summary>
    ValueTask<Error?> OnStreamAsync(LinkCall call, IMessage opening, LinkStream stream, CancellationToken cancellation) =>
        ValueTask.FromResult<Error?>(LinkErrors.Of(ErrorCodes.StreamUnsupported, $"Method {call.Method} has no stream here."));

    /// <summary>The link is gone; called exactly once after <see cref="OnOpened"/>.</summary>
    ValueTask OnEndedAsync(NodeLink link, LinkEnd end);

    /// <summary>A handler threw: a bug of this node, to be logged.</summary>
    void OnFault(NodeLink link, Method method, Exception fault);
}

/// <summary>One inbound call. <see cref="TimeLeft"/> is zero when the caller set no deadline (D4).</summary>
public readonly record struct LinkCall(NodeLink Link, Method Method, TimeSpan TimeLeft);

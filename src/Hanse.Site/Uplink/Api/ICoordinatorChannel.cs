using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Uplink.Api;

/// <summary>One question to the coordinator over the link that is up now. Nothing is queued: what must arrive goes through <see cref="IOutbox"/>.</summary>
public interface ICoordinatorChannel
{
    bool IsOpen { get; }

    /// <summary>Raised after a link came up.</summary>
    event Action? Opened;

    /// <returns>Null when there is no link, or it ended before the answer: whether the request had its effect is then unknown.</returns>
    Task<LinkResult<T>?> AskAsync<T>(Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation) where T : class, IMessage<T>, new();
}

using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Agents.Api;

/// <summary>How other slices talk to the agents that are connected here now. Nothing is queued: what must not be lost is in
/// the caller's tables first.</summary>
public interface IAgentChannel
{
    /// <summary>Raised with a host's id after its link came up.</summary>
    event Action<HostId>? CameOnline;

    bool IsOnline(HostId host);

    /// <summary>Hosts connected now. A host may leave at any moment.</summary>
    IReadOnlyCollection<HostId> Online { get; }

    /// <summary>One request of the manifest; null when the agent is not connected, leaves, or does not answer in time.</summary>
    Task<T?> RequestAsync<T>(HostId host, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new();
}

using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Sites.Api;

/// <summary>How other slices talk to a site: over the link that some replica holds (L6). Nothing is queued here: what must
/// not be lost is in the caller's tables before it is sent.</summary>
public interface ISiteChannel
{
    /// <summary>Sites whose link this replica holds now. A site may leave at any moment.</summary>
    IReadOnlyCollection<SiteId> Connected { get; }

    /// <summary>Of these, the sites that are not suspended: only they are given work.</summary>
    IReadOnlyCollection<SiteId> Accepting { get; }

    /// <summary>Raised with the site's id after its link came up.</summary>
    event Action<SiteId>? CameOnline;

    /// <summary>Sends one request of the manifest and waits for its answer, at most <paramref name="timeLeft"/>.
    /// Unreachable, late and refused are values, never exceptions.</summary>
    Task<SiteReply<T>> RequestAsync<T>(SiteId site, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new();
}

/// <summary>A site's answer, or why there is none. Exactly one of the two is set.</summary>
public sealed record SiteReply<T>(T? Value, SiteFailure? Failure) where T : class, IMessage<T>, new();

/// <summary>Why a site did not answer: <c>site-offline</c>, <c>site-timeout</c>, or the code the site refused with.</summary>
public sealed record SiteFailure(string Code, string Message);

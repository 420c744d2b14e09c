using Hanse.Protocol.Messages;

namespace Hanse.Site.Agents.Api;

/// <summary>Tells the coordinator in a few bytes which hosts this site has, so that both can see where the directory is wrong.</summary>
public interface IHostDigests
{
    /// <summary>The sums of all buckets, or the hosts of some; each with whether the coordinator has confirmed it as it is.</summary>
    /// <exception cref="FormatException">There are no such buckets, or too many hosts are in them for one answer.</exception>
    Task<DirectoryDigest> ReadAsync(DirectoryDigestQuery query, CancellationToken cancellation);

    /// <summary>Puts each host as it is now into the outbox, or its deletion where there is none, under a version above both sides' (U2). Asked again it does so again, which changes
    /// nothing but the version.</summary>
    /// <exception cref="FormatException">An id or a floor is none; nothing was put.</exception>
    Task ResendAsync(DirectoryResend request, CancellationToken cancellation);
}

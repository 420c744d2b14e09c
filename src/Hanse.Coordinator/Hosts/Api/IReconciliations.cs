using Hanse.Coordinator.Sites.Api;

namespace Hanse.Coordinator.Hosts.Api;

/// <summary>How the directory was last compared with its sites.</summary>
public interface IReconciliations
{
    /// <returns>Null where none has ended yet.</returns>
    Task<Reconciliation?> LastAsync(SiteRow site, CancellationToken cancellation);
}

/// <summary>One comparison of the directory with a site, by digest. What differed was mended: the site has taken on to send it again (U2).</summary>
public sealed record Reconciliation
{
    public DateTimeOffset At { get; init; }

    public long TookMs { get; init; }

    /// <summary>That the site has.</summary>
    public long Hosts { get; init; }

    public int Buckets { get; init; }

    public int BucketsDifferent { get; init; }

    /// <summary>Of questions and answers together, without the link's framing.</summary>
    public long Bytes { get; init; }

    /// <summary>Hosts of the site that the directory did not have.</summary>
    public long Missing { get; init; }

    /// <summary>Rows that were not as the site has the host.</summary>
    public long Differing { get; init; }

    /// <summary>Rows of hosts that the site does not have.</summary>
    public long Ghosts { get; init; }

    /// <summary>Left alone: on its way, or changed during the comparison.</summary>
    public long Waiting { get; init; }

    /// <summary>Left alone: the directory does not take the host as it is (U3).</summary>
    public long Refused { get; init; }

    /// <summary>Left alone: another site owns the host (J4).</summary>
    public long Elsewhere { get; init; }

    /// <summary>Why it did not come to its end; null if it did.</summary>
    public string? ErrorCode { get; init; }

    public string? Error { get; init; }

    public long Mended => Missing + Differing + Ghosts;
}

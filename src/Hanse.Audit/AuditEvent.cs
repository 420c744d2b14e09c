using Hanse.Protocol.Ids;

namespace Hanse.Audit;

/// <summary>One thing to be written to the audit log (A2). Texts are cut at 4,000 characters; characters that neither JSON nor
/// PostgreSQL can hold are replaced.</summary>
/// <param name="Operation">Stable name, noun.verb: <c>command.issue</c>, <c>host.ban</c>.</param>
/// <param name="Actor">Who did it.</param>
public sealed record AuditEvent(string Operation, AuditActor Actor)
{
    public SiteId? Site { get; init; }

    /// <summary>The hosts it is about. Kept beside the entry, which holds their number and Merkle root.</summary>
    public IReadOnlyList<HostId> Hosts { get; init; } = [];

    public CommandId? Command { get; init; }

    /// <summary>What came of it, where that is known when it is written.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why, in the words of whoever asked for it or ended it.</summary>
    public string? Reason { get; init; }

    /// <summary>Anything else worth keeping. Never a secret.</summary>
    public IReadOnlyDictionary<string, string> Detail { get; init; } = new Dictionary<string, string>();
}

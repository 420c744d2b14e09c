namespace Hanse.Audit;

/// <summary>Which entries to list, newest first. Every filter given must match.</summary>
public sealed record AuditQuery
{
    public int Limit { get; init; }

    /// <summary>The last entry of the page before: (ordinal of its log, its number).</summary>
    public (int Log, long Seq)? After { get; init; }

    public string? Actor { get; init; }

    /// <summary>An operation, or the first part of one: <c>command</c> finds <c>command.issue</c>.</summary>
    public string? Operation { get; init; }

    public Guid? Site { get; init; }

    public Guid? Command { get; init; }

    /// <summary>Entries whose target list names this host.</summary>
    public Guid? Host { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }
}

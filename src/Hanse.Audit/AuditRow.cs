namespace Hanse.Audit;

/// <summary>One row of audit_entry with its target list (empty without hosts).</summary>
public sealed record AuditRow(AuditFacts Facts, byte[] Bytes, byte[] LeafHash, byte[] Targets);

/// <summary>A log's row: how far it goes, and what is needed to append. A class for Dapper.</summary>
public sealed record AuditHead
{
    internal const string Columns = "ordinal as Ordinal, log_id as LogId, entry_count as EntryCount, frontier as Frontier";

    public int Ordinal { get; init; }

    public Guid LogId { get; init; }

    public long EntryCount { get; init; }

    public byte[] Frontier { get; init; } = [];
}

/// <summary>The root of a complete subtree: <c>2^Level</c> entries from <c>Position · 2^Level</c> on. Kept for every eighth level.</summary>
public sealed record AuditNode(int Level, ulong Position, byte[] Hash)
{
    public const int LevelsApart = 8;
}

namespace Hanse.Audit;

/// <summary>One row of audit_entry with its target list (empty without hosts).</summary>
public sealed record AuditRow(AuditFacts Facts, byte[] Bytes, byte[] LeafHash, byte[] Targets);

/// <summary>A log's row: how far it goes, and what is needed to append. A class for Dapper.</summary>
public sealed record AuditHead
{
    public int Ordinal { get; init; }

    public Guid LogId { get; init; }

    public long EntryCount { get; init; }

    public byte[] Frontier { get; init; } = [];
}

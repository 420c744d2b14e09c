using Hanse.Audit;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Audit;

/// <summary>An entry as the API shows it. Everything is read from the bytes that were hashed, not from the columns.</summary>
internal sealed record AuditEntryView(
    long Seq, DateTimeOffset Time, string Actor, string? Account, string? Token, string? SourceAddress, string Operation, SiteId? SiteId,
    AuditHostsView Hosts, CommandId? CommandId, string? Outcome, string? Reason, IReadOnlyDictionary<string, string> Detail)
{
    public static AuditEntryView Of(AuditRow row)
    {
        // Bytes that cannot be read any more are shown by their columns; verification says so.
        var (facts, detail) = AuditDocument.TryRead(row.Bytes, out var document, out var why)
            ? (document.Facts, document.Detail)
            : (row.Facts, new Dictionary<string, string> { ["unreadable"] = why });
        return new(
            facts.Seq, facts.OccurredAt, facts.Actor, facts.Account, facts.Token, facts.SourceAddress, facts.Operation,
            facts.Site is { } site ? new SiteId(site) : null, new(facts.HostsCount, facts.HostsRoot),
            facts.Command is { } command ? new CommandId(command) : null, facts.Outcome, facts.Reason, detail);
    }
}

/// <summary>How many hosts an entry is about, and the Merkle root over their ids.</summary>
internal sealed record AuditHostsView(long Count, string? Root);

/// <summary>One entry with its target list and what was hashed.</summary>
internal sealed record AuditEntryDetailView(AuditEntryView Entry, IReadOnlyList<HostId> HostIds, string Document, string LeafHash);

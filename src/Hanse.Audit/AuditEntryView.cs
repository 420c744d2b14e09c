using System.Text;
using Hanse.Protocol.Ids;

namespace Hanse.Audit;

/// <summary>An entry as the API shows it. Everything is read from the bytes that were hashed, not from the columns.</summary>
public sealed record AuditEntryView(
    long Seq, DateTimeOffset Time, string Actor, string? Account, string? Token, string? SourceAddress, string Operation, string? SiteId,
    AuditHostsView Hosts, string? CommandId, string? Outcome, string? Reason, IReadOnlyDictionary<string, string> Detail)
{
    public static AuditEntryView Of(AuditRow row)
    {
        // Bytes that cannot be read any more are shown by their columns; verification says so.
        var (facts, detail) = AuditDocument.TryRead(row.Bytes, out var document, out var why)
            ? (document.Facts, document.Detail)
            : (row.Facts, new Dictionary<string, string> { ["unreadable"] = why });
        return new(
            facts.Seq, facts.OccurredAt, facts.Actor, facts.Account, facts.Token, facts.SourceAddress, facts.Operation,
            facts.Site is { } site ? IdText.Format(site) : null, new(facts.HostsCount, facts.HostsRoot),
            facts.Command is { } command ? IdText.Format(command) : null, facts.Outcome, facts.Reason, detail);
    }
}

/// <summary>How many hosts an entry is about, and the Merkle root over their ids.</summary>
public sealed record AuditHostsView(long Count, string? Root);

/// <summary>One entry with its target list and what was hashed.</summary>
public sealed record AuditEntryDetailView(AuditEntryView Entry, IReadOnlyList<string> HostIds, string Document, string LeafHash)
{
    public static AuditEntryDetailView Of(AuditRow row) => new(
        AuditEntryView.Of(row), [.. (AuditTargets.Read(row.Targets) ?? []).Select(h => h.ToString())], Encoding.UTF8.GetString(row.Bytes),
        Convert.ToHexStringLower(row.LeafHash));
}

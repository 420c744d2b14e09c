using System.Data;
using Dapper;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Audit;

/// <summary>Proves that the log in the database is the one that was written (A1): streams every entry of one snapshot, and for
/// each (1) the number follows the one before; (2) the leaf is the hash of the bytes; (3) the columns say what the bytes say;
/// (4) the target list has the root that the bytes name. At the end (5) the tree has the count and the peaks that the log
/// recorded as it grew; on the way (6) each stored subtree and (7) each checkpoint that was signed fits. Whoever can write to the database
/// can forge all but the signatures alike: that the log is the one that witnesses saw, they say (A3).</summary>
public sealed class AuditVerifier(NpgsqlDataSource database)
{
    public async Task<AuditVerification> VerifyAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var heads = (await connection.QueryAsync<AuditHead>(new CommandDefinition(
            $"select {AuditHead.Columns} from audit_log order by ordinal", null, snapshot, cancellationToken: cancellation))).ToArray();
        var total = new AuditVerification(0, true, null, null, null);
        foreach (var head in heads)
        {
            var found = await VerifyAsync(connection, snapshot, head, cancellation);
            var ended = head != heads[^1];
            total = found with
            {
                Entries = total.Entries + found.Entries, Ok = found.Ok || ended, FirstBad = ended ? null : found.FirstBad, Why = ended ? null : found.Why,
                Earlier = ended && !found.Ok ? $"Log {IdText.Format(head.LogId)}, which was ended: {found.Why}" : total.Earlier,
            };
            if (!total.Ok)
            {
                return total;
            }
        }

        return await StrayAsync(connection, snapshot, heads, cancellation) is { } stray
            ? total with { Ok = false, FirstBad = stray, Why = $"Entry {stray} belongs to no log." }
            : total;
    }

    private static async Task<AuditVerification> VerifyAsync(
        NpgsqlConnection connection, NpgsqlTransaction snapshot, AuditHead head, CancellationToken cancellation)
    {
        var marks = await AuditMarks.ReadAsync(connection, snapshot, head.Ordinal, cancellation);
        await using var select = new NpgsqlCommand(
            $"select {AuditRows.Columns} from {AuditRows.From} where e.log = $1 order by e.seq", connection, snapshot) { CommandTimeout = 0 };
        select.Parameters.AddWithValue(head.Ordinal);
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var frontier = MerkleFrontier.Empty;
        (long Seq, string Why)? bad = null;
        var entries = 0L;
        while (await reader.ReadAsync(cancellation))
        {
            entries++;
            if (bad is null)
            {
                var row = AuditRows.Read(reader);
                bad = Judge(row, entries, head.LogId) is { } why ? (entries, why) : null;
                frontier = frontier.Append(row.LeafHash, marks.Completed);
                marks.Reached(frontier);
            }
        }

        bad ??= entries == head.EntryCount
            ? null
            : (Math.Min(entries, head.EntryCount) + 1, $"The log recorded {head.EntryCount} entries; there are {entries}.");
        if (bad is { } first)
        {
            return new(entries, false, first.Seq, first.Why, null);
        }

        return marks.Fault(entries) is { } fault ? new(entries, false, null, fault, null)
            : frontier.ToBytes().AsSpan().SequenceEqual(head.Frontier)
            ? new(entries, true, null, null, Convert.ToHexStringLower(frontier.Root()))
            : new(entries, false, null, "Every entry agrees with its hash, but the tree over them is not the one that was recorded.", null);
    }

    private static string? Judge(AuditRow row, long expected, Guid log)
    {
        if (row.Facts.Seq != expected)
        {
            return $"Entry {expected} is missing.";
        }

        if (!MerkleHash.Leaf(row.Bytes).AsSpan().SequenceEqual(row.LeafHash))
        {
            return "The bytes are not the ones that were hashed.";
        }

        if (!AuditDocument.TryRead(row.Bytes, out var document, out var why))
        {
            return why;
        }

        if (document.Log != log || document.Facts != row.Facts)
        {
            return "The columns do not say what the bytes say.";
        }

        return AuditTargets.Read(row.Targets)?.Count == row.Facts.HostsCount && AuditTargets.Root(row.Targets) == row.Facts.HostsRoot
            ? null
            : "The target list is not the one whose root the bytes hold.";
    }

    private static Task<long?> StrayAsync(
        NpgsqlConnection connection, NpgsqlTransaction snapshot, AuditHead[] heads, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            "select seq from audit_entry where log <> all (@logs) order by log, seq limit 1",
            new { logs = heads.Select(h => h.Ordinal).ToArray() }, snapshot, cancellationToken: cancellation));
}

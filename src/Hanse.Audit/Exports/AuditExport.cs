using System.Text;
using System.Text.Json;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Proofs;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Audit.Exports;

/// <summary>The log as lines of JSON that anybody with the roots can check: (1) certificates of the signers; (2) for each log its signed checkpoints;
/// (3) its entries up to the newest of them; (4) a last line, so that a cut file is known. With filters each entry carries a path of its own,
/// which shows that it is in the log; that none was left out only a whole export shows.</summary>
public sealed class AuditExport(NpgsqlDataSource database, CheckpointSigner signer, CheckpointStore checkpoints, AuditStore entries, AuditProver prover)
{
    private const int Page = 500;

    /// <param name="filter">Its limit and cursor do not count; null for the whole log.</param>
    /// <param name="output">Gets UTF-8, one object a line.</param>
    /// <param name="cancellation">Ends it; the file then has no last line.</param>
    public async Task WriteAsync(AuditQuery? filter, Stream output, CancellationToken cancellation)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        var newest = await signer.SignAsync(cancellation);
        // 1
        foreach (var der in (await checkpoints.CertificatesAsync(cancellation)).ToDer())
        {
            await LineAsync(writer, new(ExportKinds.Certificate) { Der = Convert.ToBase64String(der) });
        }

        var written = 0L;
        var heads = await checkpoints.HeadsAsync(cancellation);
        foreach (var head in heads)
        {
            var ended = head.Ordinal != heads[^1].Ordinal;
            // 2
            var size = newest is var (current, signed) && current.Ordinal == head.Ordinal ? signed.Checkpoint.Size : head.EntryCount;
            var notes = (await checkpoints.ListAsync((head.Ordinal, size + 1), 100, cancellation)).Where(c => c.Log == head.Ordinal).Select(c => c.Signed).ToList();
            foreach (var note in notes)
            {
                await LineAsync(writer, new(ExportKinds.Checkpoint) { Note = note.ToText() });
            }

            await LineAsync(writer, new(ExportKinds.Log) { Log = IdText.Format(head.LogId), Entries = size, Filtered = filter is not null, Ended = ended });
            // 3
            written += filter is null
                ? await WriteWholeAsync(writer, head, size, cancellation)
                : await WriteFilteredAsync(writer, head, notes.FirstOrDefault()?.Checkpoint.Size ?? 0, filter, cancellation);
        }

        // 4
        await LineAsync(writer, new(ExportKinds.End) { Entries = written });
    }

    private async Task<long> WriteWholeAsync(StreamWriter writer, AuditHead head, long size, CancellationToken cancellation)
    {
        await using var select = database.CreateCommand(
            $"select e.bytes, t.hosts from {AuditRows.From} where e.log = $1 and e.seq <= $2 order by e.seq");
        select.CommandTimeout = 0;
        select.Parameters.AddWithValue(head.Ordinal);
        select.Parameters.AddWithValue(size);
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        var count = 0L;
        while (await rows.ReadAsync(cancellation))
        {
            var hosts = await rows.IsDBNullAsync(1, cancellation) ? null : Convert.ToBase64String((byte[])rows.GetValue(1));
            await LineAsync(writer, new(ExportKinds.Entry) { Entry = Encoding.UTF8.GetString((byte[])rows.GetValue(0)), Hosts = hosts });
            count++;
        }

        return count;
    }

    private async Task<long> WriteFilteredAsync(StreamWriter writer, AuditHead head, long size, AuditQuery filter, CancellationToken cancellation)
    {
        var count = 0L;
        var query = filter with { Limit = Page, After = (head.Ordinal, size + 1) };
        while (true)
        {
            var rows = (await entries.ListAsync(query, cancellation)).Where(r => r.Log == head.Ordinal).ToList();
            foreach (var (_, row) in rows)
            {
                var path = await prover.InclusionAsync(head.Ordinal, row.Facts.Seq, size, cancellation);
                await LineAsync(writer, new(ExportKinds.Entry)
                {
                    Entry = Encoding.UTF8.GetString(row.Bytes), Hosts = row.Targets.Length > 0 ? Convert.ToBase64String(row.Targets) : null,
                    Path = [.. path.Select(Convert.ToBase64String)],
                });
                count++;
            }

            if (rows.Count < Page)
            {
                return count;
            }

            query = query with { After = (head.Ordinal, rows[^1].Row.Facts.Seq) };
        }
    }

    private static Task LineAsync(StreamWriter writer, ExportLine line) => writer.WriteLineAsync(JsonSerializer.Serialize(line, ExportLine.Json));
}

using System.Globalization;
using System.Text;

namespace Hanse.Audit.Exports;

/// <summary>Entries as a table (RFC 4180), newest first, for people and their spreadsheets. It proves nothing; <see cref="AuditExport"/> does.</summary>
public sealed class AuditCsv(AuditStore entries)
{
    private const string Heading = "seq,time,actor,account,token,source,operation,site,hosts,command,outcome,reason,detail";

    public async Task WriteAsync(AuditQuery filter, Stream output, CancellationToken cancellation)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(Heading);
        var query = filter with { Limit = 1000 };
        while (true)
        {
            var rows = await entries.ListAsync(query, cancellation);
            foreach (var (_, row) in rows)
            {
                await writer.WriteLineAsync(string.Join(',', Cells(row).Select(Quote)));
            }

            if (rows.Count < query.Limit)
            {
                return;
            }

            query = query with { After = (rows[^1].Log, rows[^1].Row.Facts.Seq) };
        }
    }

    private static IEnumerable<string> Cells(AuditRow row)
    {
        var view = AuditEntryView.Of(row);
        var hosts = AuditTargets.Read(row.Targets) ?? [];
        return
        [
            view.Seq.ToString(CultureInfo.InvariantCulture), view.Time.UtcDateTime.ToString(AuditDocument.TimeFormat, CultureInfo.InvariantCulture), view.Actor,
            view.Account ?? "", view.Token ?? "", view.SourceAddress ?? "", view.Operation, view.SiteId ?? "", string.Join(' ', hosts), view.CommandId ?? "",
            view.Outcome ?? "", view.Reason ?? "", string.Join("; ", view.Detail.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Key}={d.Value}")),
        ];
    }

    /// <summary>A cell that a spreadsheet would take for a formula gets an apostrophe before it.</summary>
    private static string Quote(string cell)
    {
        var safe = cell.Length > 0 && cell[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + cell : cell;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}

using System.Text;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands.Reading;

/// <summary>An execution as the API shows it. Output is the first and last 16 KiB of each stream as UTF-8 text; where more was
/// written a line between them says how much is left out, and the length is of all of it.</summary>
internal sealed record ExecutionView(
    string Host, HostId HostId, SiteId SiteId, string State, int? ExitCode, string? Reason, string? Detail, string? Stdout, string? Stderr,
    long? StdoutLength, long? StderrLength, bool OutputTruncated, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, bool CancelRequested)
{
    public static ExecutionView Of(ExecutionRow row) => new(
        row.Hostname, new(row.HostId), new(row.SiteId), ((ExecutionState)row.State).ToName(), row.ExitCode, row.Reason, row.Detail,
        Text(row.StdoutHead, row.StdoutTail, row.StdoutLength), Text(row.StderrHead, row.StderrTail, row.StderrLength),
        row.StdoutLength, row.StderrLength, row.StdoutTruncated == true || row.StderrTruncated == true,
        row.StartedAt, row.FinishedAt, row.CancelRequested);

    private static string? Text(byte[]? head, byte[]? tail, long? length)
    {
        if (head is null)
        {
            return null;
        }

        var left = (length ?? 0) - head.Length - (tail?.Length ?? 0);
        return left <= 0
            ? Encoding.UTF8.GetString([.. head, .. tail ?? []])
            : $"{Encoding.UTF8.GetString(head)}\n[… {left} bytes left out …]\n{Encoding.UTF8.GetString(tail ?? [])}";
    }
}

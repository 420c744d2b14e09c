using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands.Intake;

/// <summary>An execution record whose form is right: ids that are ids, a state that exists, excerpts within bounds (U4).</summary>
internal sealed record ExecutionNews(ExecutionKey Key, ExecutionReport Report, CommandOrigin? Origin)
{
    /// <summary>U4: the first and last 16 KiB of each stream.</summary>
    private const int MaximumExcerpt = 16 * 1024;
    private const int MaximumText = 4000;

    /// <summary>Null when its form is wrong; <paramref name="why"/> then says how.</summary>
    public static ExecutionNews? Read(SiteId site, ExecutionRecord record, out string why)
    {
        why = "";
        if (record.Report is not { } report)
        {
            why = "The record holds no report.";
        }
        else if (report.CommandId.Length != 16 || report.HostId.Length != 16)
        {
            why = "Command id and host id are 16 bytes each.";
        }
        else if (TooLong(report.Stdout) || TooLong(report.Stderr))
        {
            why = $"An excerpt's head and tail are at most {MaximumExcerpt} bytes each.";
        }
        else
        {
            var clean = report.Clone();
            clean.Reason = Clean(report.Reason);
            clean.Detail = Clean(report.Detail);
            return new(
                new(CommandId.FromBytes(report.CommandId.Span).Value, site.Value, HostId.FromBytes(report.HostId.Span).Value), clean, record.Origin);
        }

        return null;
    }

    private static bool TooLong(StreamExcerpt? excerpt) => excerpt is { } e && (e.Head.Length > MaximumExcerpt || e.Tail.Length > MaximumExcerpt);

    // PostgreSQL holds no NUL.
    private static string Clean(string text) => (text.Length > MaximumText ? text[..MaximumText] : text).Replace('\0', '\uFFFD');
}

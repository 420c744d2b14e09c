using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Commands;

/// <summary>What an agent reports is stored, sent up and shown, in one batch with the reports of other hosts: what could spoil the batch
/// is mended or refused before it gets there. Pure.</summary>
internal static class ReportText
{
    private const int MaxReason = 100;
    private const int MaxDetail = 4000;

    /// <summary>U4: the first and last 16 KiB of each stream.</summary>
    private const int MaxExcerpt = 16 * 1024;

    /// <summary>The last millisecond of the year 9999.</summary>
    private const long LastInstant = 253_402_300_799_999;

    /// <summary>A copy that can be stored.</summary>
    /// <exception cref="FormatException">It cannot be mended; the text names the field.</exception>
    public static ExecutionReport Sound(ExecutionReport report)
    {
        var sound = report.Clone();
        CommandId.FromBytes(report.CommandId.Span);
        sound.StartedUnixMs = Instant("startedUnixMs", report.StartedUnixMs);
        sound.FinishedUnixMs = Instant("finishedUnixMs", report.FinishedUnixMs);
        sound.Reason = Text(report.Reason, MaxReason);
        sound.Detail = Text(report.Detail, MaxDetail);
        Bound("stdout", report.Stdout);
        Bound("stderr", report.Stderr);
        return sound;
    }

    private static long Instant(string field, long unixMs) => unixMs is >= 0 and <= LastInstant
        ? unixMs
        : throw new FormatException($"{field} is no instant between the years 1970 and 9999.");

    private static void Bound(string field, StreamExcerpt? excerpt)
    {
        if (excerpt is not null && (excerpt.Head.Length > MaxExcerpt || excerpt.Tail.Length > MaxExcerpt))
        {
            throw new FormatException($"{field}: head and tail are at most {MaxExcerpt} bytes each.");
        }
    }

    // PostgreSQL holds no NUL.
    private static string Text(string text, int max) => (text.Length > max ? text[..max] : text).Replace('\0', '\uFFFD');
}

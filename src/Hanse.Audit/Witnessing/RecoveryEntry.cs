using System.Globalization;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Ids;

namespace Hanse.Audit.Witnessing;

/// <summary>The first entry of a log that follows another (A4): what went before, the last checkpoint that witnesses held of it, and what
/// is lost.</summary>
/// <param name="Previous">The log that ended.</param>
/// <param name="Held">The newest checkpoint of it that a witness holds; null if none was reached.</param>
/// <param name="KeptEntries">How many of the entries that witnesses saw this database still has.</param>
public sealed record RecoveryEntry(Guid Previous, Checkpoint? Held, long KeptEntries)
{
    public const string Operation = "audit.recover";

    /// <summary>An entry's text has room for so many; who held an older log must be told by another recovery.</summary>
    private const int MostEarlier = 64;

    /// <summary>Other logs that this one follows, for witnesses that were away when these ended.</summary>
    public IReadOnlyList<SeenLog> Earlier { get; init; } = [];

    /// <summary>Entries that witnesses saw and this database has not.</summary>
    public long Lost => Math.Max(0, (Held?.Size ?? 0) - KeptEntries);

    public IReadOnlyDictionary<string, string> ToDetail()
    {
        var detail = new Dictionary<string, string>
        {
            ["previousLog"] = IdText.Format(Previous), ["keptEntries"] = Number(KeptEntries), ["lostEntries"] = Number(Lost),
        };
        if (Held is not null)
        {
            detail["heldSize"] = Number(Held.Size);
            detail["heldRoot"] = Convert.ToHexStringLower(Held.Root);
        }

        if (Earlier.Count > 0)
        {
            detail["earlierLogs"] = string.Join(' ', Earlier.Take(MostEarlier).Select(l => $"{IdText.Format(l.Log)}:{Number(l.Size)}"));
        }

        return detail;
    }

    /// <summary>The logs that this entry says it follows, the one that ended first, each with up to where it admits that log was seen; none if it is no such entry.</summary>
    public static IReadOnlyList<SeenLog> Read(ReadOnlyMemory<byte> entry)
    {
        if (!AuditDocument.TryRead(entry, out var document, out _) || document.Facts is not { Operation: Operation, Seq: 1 })
        {
            return [];
        }

        var earlier = document.Detail.GetValueOrDefault("earlierLogs", "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var previous = $"{document.Detail.GetValueOrDefault("previousLog")}:{document.Detail.GetValueOrDefault("heldSize", "0")}";
        return [.. earlier.Prepend(previous).Select(SeenLog.Parse).OfType<SeenLog>()];
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A log, and how many of its entries somebody saw.</summary>
public sealed record SeenLog(Guid Log, long Size)
{
    internal static SeenLog? Parse(string text) =>
        text.Split(':') is [var id, var size] && Guid.TryParseExact(id, "n", out var log)
            && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var entries)
            ? new(log, entries)
            : null;
}

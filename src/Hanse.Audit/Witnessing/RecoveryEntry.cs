using System.Globalization;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Ids;

namespace Hanse.Audit.Witnessing;

/// <summary>The first entry of a log that follows another (A4): what went before, the last checkpoint that witnesses held of it, and what
/// is lost.</summary>
/// <param name="Previous">The log that ended.</param>
/// <param name="Held">The longest checkpoint of it that a witness holds; null if none was reached.</param>
/// <param name="KeptEntries">How many of the entries that witnesses saw this database still has.</param>
public sealed record RecoveryEntry(Guid Previous, Checkpoint? Held, long KeptEntries)
{
    public const string Operation = "audit.recover";

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

        return detail;
    }

    /// <summary>The log that this entry says it follows, and up to where it admits that log was seen; null if it is no such entry.</summary>
    public static (Guid Previous, long HeldSize)? Read(ReadOnlyMemory<byte> entry) =>
        AuditDocument.TryRead(entry, out var document, out _) && document.Facts is { Operation: Operation, Seq: 1 }
            && Guid.TryParseExact(document.Detail.GetValueOrDefault("previousLog"), "n", out var previous)
            ? (previous, long.TryParse(document.Detail.GetValueOrDefault("heldSize"), CultureInfo.InvariantCulture, out var size) ? size : 0)
            : null;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

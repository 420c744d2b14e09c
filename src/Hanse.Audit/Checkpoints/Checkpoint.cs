using System.Globalization;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;

namespace Hanse.Audit.Checkpoints;

/// <summary>How long a log was at a moment, and the root over it (A3). Its text is a C2SP tlog-checkpoint with one line more, the time, and
/// is what is signed: <c>origin \n size \n root in base64 \n time … \n</c>.</summary>
/// <param name="Owner">Whose log it is: the coordinator or a site.</param>
/// <param name="Log">Id of the log; the origin is <c>&lt;owner's identity&gt;/audit/&lt;log&gt;</c>.</param>
/// <param name="Size">Entries.</param>
/// <param name="Root">RFC 6962 root over them, 32 bytes.</param>
/// <param name="Time">When it was made, by the owner's clock; whole milliseconds.</param>
public sealed record Checkpoint(NodeIdentity Owner, Guid Log, long Size, byte[] Root, DateTimeOffset Time)
{
    private const string Path = "/audit/";
    private const string TimePrefix = "time ";

    public string Origin => $"{Owner}{Path}{IdText.Format(Log)}";

    public string ToText() => string.Create(
        CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n{TimePrefix}{Time.UtcDateTime.ToString(AuditDocument.TimeFormat, CultureInfo.InvariantCulture)}\n");

    /// <summary>Reads exactly what <see cref="ToText"/> writes.</summary>
    public static bool TryParse(string text, out Checkpoint checkpoint)
    {
        checkpoint = null!;
        var lines = text.Split('\n');
        if (lines.Length != 5 || lines[4].Length > 0 || !lines[3].StartsWith(TimePrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var path = lines[0].LastIndexOf(Path, StringComparison.Ordinal);
        var root = new byte[MerkleHash.Length + 1];
        if (path < 0 || !NodeIdentity.TryParse(lines[0][..path], out var owner) || !Guid.TryParseExact(lines[0][(path + Path.Length)..], "n", out var log)
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || !Convert.TryFromBase64String(lines[2], root, out var length) || length != MerkleHash.Length
            || !DateTimeOffset.TryParseExact(
                lines[3][TimePrefix.Length..], AuditDocument.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return false;
        }

        checkpoint = new(owner, log, size, root[..length], time);
        return checkpoint.ToText() == text;
    }

    public bool Equals(Checkpoint? other) => other is not null && ToText() == other.ToText();

    public override int GetHashCode() => ToText().GetHashCode(StringComparison.Ordinal);
}

using System.Text;

namespace Hanse.Audit;

/// <summary>Text that JSON and PostgreSQL hold alike, so that bytes and columns can be compared.</summary>
internal static class AuditText
{
    /// <summary>Longer text is cut; the cut is marked.</summary>
    public const int MaximumLength = 4000;

    private const char Replacement = '\uFFFD';

    public static string Clean(string text)
    {
        var cut = text.Length > MaximumLength ? text[..(MaximumLength - 1)] + '…' : text;
        var clean = new StringBuilder(cut.Length);
        for (var i = 0; i < cut.Length; i++)
        {
            if (i + 1 < cut.Length && char.IsSurrogatePair(cut[i], cut[i + 1]))
            {
                clean.Append(cut[i]).Append(cut[++i]);
            }
            else
            {
                clean.Append(char.IsSurrogate(cut[i]) || cut[i] == '\0' ? Replacement : cut[i]);
            }
        }

        return clean.ToString();
    }

    public static string? CleanOrNull(string? text) => text is null ? null : Clean(text);
}

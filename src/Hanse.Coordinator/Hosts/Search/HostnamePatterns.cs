namespace Hanse.Coordinator.Hosts.Search;

/// <summary>Patterns by which the trigram index finds a part of a hostname. The index knows the words of a name by their trigrams, padded
/// with blanks at a word's ends: "web-01" is known by "  w", " we", "web", "eb ", "  0", " 01" and "01 ". Too short a text has
/// none; it is looked for with each character that can stand beside it.</summary>
internal static class HostnamePatterns
{
    private const int MostWords = 8;

    // Printable ASCII in lower case: what nearly all names are made of. The likeliest come first, since each row found is compared with one after the other.
    private static readonly IReadOnlyList<char> Neighbours =
        [.. "0123456789-.".Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not (>= 'A' and <= 'Z')).Reverse()).Distinct()];

    /// <returns>LIKE patterns all of which match every name that holds the text; null if it has no trigram. They are its words, each by itself: how words begin
    /// and end hardly tells names apart (two in three have a word that begins with 0), and to compare such long lists took most of a search. A word too short for a
    /// trigram brings the characters beside it.</returns>
    public static IReadOnlyList<string>? AllOf(string text)
    {
        if (!HasTrigram(text))
        {
            return null;
        }

        var words = new List<string>();
        for (var begin = 0; begin < text.Length; begin++)
        {
            var end = begin;
            while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
            {
                end++;
            }

            var word = end - begin >= 3 ? text[begin..end] : text[Math.Max(0, begin - 1)..Math.Min(text.Length, end + 1)];
            if (end > begin && HasTrigram(word))
            {
                words.Add(word);
            }

            begin = end;
        }

        return [.. words.DefaultIfEmpty(text).Distinct(StringComparer.Ordinal).OrderByDescending(w => w.Length).Take(MostWords).Select(w => $"%{Escape(w)}%")];
    }

    /// <returns>LIKE patterns, one of which matches every name of printable ASCII that holds a text without a trigram; null where no index helps.</returns>
    public static IReadOnlyList<string>? AnyOf(string text)
    {
        if (text.Length > 0 && Neighbours.Where(char.IsAsciiLetterOrDigit).All(c => HasTrigram(c + text)))
        {
            return [$"{Escape(text)}%", .. Neighbours.Select(c => $"%{Escape(c + text)}%")];
        }

        return text.Length > 0 && Neighbours.Where(char.IsAsciiLetterOrDigit).All(c => HasTrigram(text + c))
            ? [$"%{Escape(text)}", .. Neighbours.Select(c => $"%{Escape(text + c)}%")]
            : null;
    }

    /// <returns>The character that begins a word at the end of a text without a trigram, as the "m" of "5.m": the index knows it, broad as it is, as one text
    /// in place of seventy. Null where there is none.</returns>
    public static char? WordBegunBy(string text) =>
        text.Length > 1 && char.IsAsciiLetterOrDigit(text[^1]) && !char.IsAsciiLetterOrDigit(text[^2]) ? text[^1] : null;

    /// <summary>True for three characters of a word, two at its beginning or end, or a whole word: a trigram of which at most one is a blank,
    /// or two around a single character.</summary>
    internal static bool HasTrigram(string text)
    {
        var run = 0;
        var bounded = false;
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                if (++run >= (bounded ? 2 : 3))
                {
                    return true;
                }
            }
            else if (run >= (bounded ? 1 : 2))
            {
                return true;
            }
            else
            {
                (run, bounded) = (0, true);
            }
        }

        return false;
    }

    internal static string Escape(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}

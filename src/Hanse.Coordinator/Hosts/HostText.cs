using System.Text;

namespace Hanse.Coordinator.Hosts;

/// <summary>Judges the texts of a directory row, whoever sent them.</summary>
internal static class HostText
{
    /// <summary>Null when the text may be stored, otherwise what is wrong with it.</summary>
    public static string? Problem(string text, int limit, bool required = false)
    {
        if (required && text.Length == 0)
        {
            return "is empty";
        }

        if (text.Length > limit)
        {
            return $"has {text.Length} characters, at most {limit} are allowed";
        }

        foreach (var rune in text.EnumerateRunes())
        {
            // EnumerateRunes gives the replacement character for a lone surrogate, which PostgreSQL could not store either.
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar)
            {
                return $"contains the character U+{rune.Value:X4}, which is not allowed";
            }
        }

        return null;
    }

    /// <summary>The first tag that may not be stored and what is wrong with it, or null.</summary>
    public static string? TagsProblem(IReadOnlyCollection<string> tags)
    {
        if (tags.Count > HostLimits.Tags)
        {
            return $"has {tags.Count} entries, at most {HostLimits.Tags} are allowed";
        }

        foreach (var tag in tags)
        {
            if (Problem(tag, HostLimits.Tag, required: true) is { } problem)
            {
                return $"has an entry that {problem}";
            }
        }

        return null;
    }
}

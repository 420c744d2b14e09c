namespace Hanse.Protocol.Text;

/// <summary>The names that people give to sites, accounts and tokens. They are shown in tables, logs and shells, so they hold nothing
/// that a terminal, a path or a URL would read otherwise.</summary>
public static class NameText
{
    public const int MaximumLength = 63;

    /// <summary>For error texts.</summary>
    public const string Rule = "use 1 to 63 lower-case letters, digits, hyphens, dots or underscores, beginning with a letter or digit";

    public static bool IsValid(string? name) => name is { Length: > 0 and <= MaximumLength }
        && (char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0]))
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '_');
}

namespace Hanse.Server.Configuration;

/// <summary>One key of hanse.yaml: its path, its default as one writes it, what it means, and how its text becomes an option.</summary>
/// <param name="Path">Dotted path, such as <c>trust.leafLifetime</c>.</param>
/// <param name="Default">As documented; a test holds it against the options' own defaults.</param>
/// <param name="Meaning">One sentence of docs/configuration.md.</param>
/// <param name="IsList">A YAML list; in a variable or flag the items are separated by commas.</param>
/// <param name="IsSecret">Never printed.</param>
/// <param name="Apply">The options with the value in place, or what is wrong with it and how to put it right.</param>
/// <param name="Show">The value in force, as one would write it.</param>
internal sealed record ConfigurationKey(
    string Path,
    string Default,
    string Meaning,
    bool IsList,
    bool IsSecret,
    Func<HanseOptions, IReadOnlyList<string>, Applied> Apply,
    Func<HanseOptions, string> Show)
{
    /// <summary>The variable that overrides it: <c>trust.leafLifetime</c> is <c>HANSE_TRUST_LEAF_LIFETIME</c>.</summary>
    public string Variable { get; } = "HANSE_" + string.Concat(Path.Select(c =>
        c == '.' ? "_" : char.IsAsciiLetterUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));
}

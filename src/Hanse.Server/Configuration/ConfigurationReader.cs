namespace Hanse.Server.Configuration;

/// <summary>Lays hanse.yaml, HANSE_… variables and flags over the defaults, in this order, and reports everything wrong at once, each
/// with its line (or variable, or flag), its key and the fix.</summary>
internal static class ConfigurationReader
{
    /// <summary>Variables that are not keys of the server: the CLI's own.</summary>
    private static readonly string[] OtherVariables = ["HANSE_CONFIG", "HANSE_PROFILE", "HANSE_ADDRESS"];

    // Flags are named by key path, as --set key=value gives them.
    public static ConfigurationResult Read(
        (string Name, string Text)? file, IReadOnlyDictionary<string, string> variables, IEnumerable<(string Flag, string Path, string Value)> flags)
    {
        var problems = new List<ConfigurationProblem>();
        var warnings = new List<string>();
        IEnumerable<ConfigurationEntry> entries =
        [
            .. file is { } f ? ConfigurationFile.Read(f.Name, f.Text, problems) : [],
            .. FromVariables(variables, warnings),
            .. flags.Select(flag => new ConfigurationEntry(flag.Flag, flag.Path, Split(flag.Path, flag.Value), IsListKey(flag.Path))),
        ];

        var options = new HanseOptions();
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            options = Apply(options, entry, sources, problems);
        }

        return new(problems.Count == 0 ? options : null, problems, sources, warnings);
    }

    private static HanseOptions Apply(
        HanseOptions options, ConfigurationEntry entry, Dictionary<string, string> sources, List<ConfigurationProblem> problems)
    {
        if (Find(entry.Path) is not { } key)
        {
            problems.Add(Unknown(entry));
            return options;
        }

        if (entry.IsList != key.IsList)
        {
            problems.Add(new(entry.Source, key.Path, key.IsList ? "this key is a list" : "this key holds one value, not a list",
                key.IsList ? $"write it as {key.Path.Split('.')[^1]}: [one, two]" : $"write it as {key.Path.Split('.')[^1]}: value"));
            return options;
        }

        if (!key.IsList && entry.Values[0].Length == 0)
        {
            problems.Add(new(entry.Source, key.Path, "the value is empty", $"set it, or remove the key to use the default ({key.Default})"));
            return options;
        }

        var applied = key.Apply(options, entry.Values);
        if (applied.Options is null)
        {
            problems.Add(new(entry.Source, key.Path, applied.Wrong!, applied.Fix!));
            return options;
        }

        sources[key.Path] = entry.Source;
        return applied.Options;
    }

    private static IEnumerable<ConfigurationEntry> FromVariables(IReadOnlyDictionary<string, string> variables, List<string> warnings)
    {
        foreach (var (name, value) in variables.Where(v => v.Key.StartsWith("HANSE_", StringComparison.Ordinal)).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (ConfigurationKeys.All.FirstOrDefault(k => k.Variable == name) is { } key)
            {
                yield return new(name, key.Path, Split(key.Path, value), key.IsList);
            }
            else if (!OtherVariables.Contains(name))
            {
                var near = Nearest(name, ConfigurationKeys.All.Select(k => k.Variable));
                warnings.Add($"The variable {name} is no configuration key and is ignored{(near is null ? "" : $"; did you mean {near}?")}");
            }
        }
    }

    private static ConfigurationProblem Unknown(ConfigurationEntry entry)
    {
        var isSection = ConfigurationKeys.All.Any(k => k.Path.StartsWith(entry.Path + ".", StringComparison.Ordinal));
        if (isSection)
        {
            return new(entry.Source, entry.Path, "this is a section, not a value", "write its keys below it, indented, or remove it");
        }

        var near = Nearest(entry.Path, ConfigurationKeys.All.Select(k => k.Path));
        return new(entry.Source, entry.Path, "unknown key", near is null ? "remove it; docs/configuration.md lists every key" : $"did you mean {near}?");
    }

    private static ConfigurationKey? Find(string path) => ConfigurationKeys.All.FirstOrDefault(k => k.Path == path);

    private static bool IsListKey(string path) => Find(path)?.IsList ?? false;

    private static string[] Split(string path, string value) => IsListKey(path)
        ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : [value];

    private static string? Nearest(string text, IEnumerable<string> candidates) => candidates
        .Select(c => (Candidate: c, Distance: EditDistance.Between(text.ToLowerInvariant(), c.ToLowerInvariant())))
        .Where(c => c.Distance <= Math.Max(2, c.Candidate.Length / 4))
        .OrderBy(c => c.Distance)
        .Select(c => c.Candidate)
        .FirstOrDefault();
}

using System.Text.RegularExpressions;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Migrations are called NNNN_slice.sql, are numbered from 0001 without gap or repetition in each project, and create tables
/// that carry a slice's name first (S2).</summary>
internal sealed partial class MigrationRule : IRule
{
    /// <summary>Slices that docs/architecture.md names; a table may come before its slice's first line of code.</summary>
    private static readonly string[] Named =
        ["access", "agents", "alerts", "audit", "commands", "enrollment", "hosts", "inventory", "placement", "policies", "rollups", "settings", "sites", "uplink"];

    public IEnumerable<Violation> Check(SourceTree tree)
    {
        var folders = tree.Files.Where(f => f.Path.EndsWith(".sql", StringComparison.Ordinal) && f.Folder.EndsWith("/Migrations", StringComparison.Ordinal) && f.IsUnder("src"))
            .GroupBy(f => f.Folder, StringComparer.Ordinal);
        return folders.SelectMany(folder => Numbers(folder.Key, [.. folder.OrderBy(f => f.Name, StringComparer.Ordinal)])
            .Concat(folder.SelectMany(file => Tables(tree, file))));
    }

    private static IEnumerable<Violation> Numbers(string folder, SourceFile[] files)
    {
        var expected = 1;
        foreach (var file in files)
        {
            if (FileName().Match(file.Name) is not { Success: true } name)
            {
                yield return new Violation(file.Path, "is not called NNNN_slice.sql");
                continue;
            }

            var number = int.Parse(name.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
            if (number != expected)
            {
                yield return new Violation(folder, $"{file.Name} should carry number {expected:0000}");
            }

            expected = number + 1;
        }
    }

    private static IEnumerable<Violation> Tables(SourceTree tree, SourceFile file)
    {
        var project = file.Folder[..file.Folder.LastIndexOf('/')];
        var slices = tree.CSharp.Where(f => f.IsUnder(project) && f.Folder.Length > project.Length)
            .Select(f => f.Folder[(project.Length + 1)..].Split('/')[0].ToLowerInvariant()).Concat(Named).ToHashSet(StringComparer.Ordinal);
        return Table().Matches(file.Text).Select(m => m.Groups[1].Value.ToLowerInvariant())
            .Where(table => !slices.Contains(table.Split('_')[0]))
            .Select(table => new Violation(file.Path, $"table {table} does not begin with the name of a slice of {project}"));
    }

    [GeneratedRegex(@"^(\d{4})_[a-z0-9_]+\.sql$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex Table();
}

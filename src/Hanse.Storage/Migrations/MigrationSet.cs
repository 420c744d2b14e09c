using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Hanse.Storage.Migrations;

/// <summary>The migrations of one project, in order of their numbers. Several sets may live in one database; each has its own numbers.</summary>
public sealed partial class MigrationSet
{
    /// <exception cref="ArgumentException">Two migrations bear the same number.</exception>
    public MigrationSet(string name, IEnumerable<Migration> migrations)
    {
        Name = name;
        Migrations = [.. migrations.OrderBy(migration => migration.Number)];
        var twice = Migrations.GroupBy(migration => migration.Number).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"{name} has two migrations with one number: {string.Join(", ", twice)}.", nameof(migrations));
        }
    }

    /// <summary>Stored with each applied migration; the assembly's name for a set of embedded files.</summary>
    public string Name { get; }

    public IReadOnlyList<Migration> Migrations { get; }

    /// <summary>
    /// The files <c>Migrations/NNNN_name.sql</c> embedded in an assembly (<c>&lt;EmbeddedResource Include="Migrations/*.sql" /&gt;</c>).
    /// </summary>
    /// <exception cref="ArgumentException">There are none, one is not named so, or a number is used twice.</exception>
    public static MigrationSet FromAssembly(Assembly assembly)
    {
        var name = assembly.GetName().Name!;
        var resources = assembly.GetManifestResourceNames().Where(resource => resource.EndsWith(".sql", StringComparison.Ordinal)).ToList();
        if (resources.Count == 0)
        {
            throw new ArgumentException($"{name} embeds no .sql file; its project needs <EmbeddedResource Include=\"Migrations/*.sql\" />.");
        }

        return new MigrationSet(name, resources.Select(resource => Read(assembly, resource)));
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        var match = ResourceName().Match(resource);
        if (!match.Success)
        {
            throw new ArgumentException($"{resource} is not named Migrations/NNNN_name.sql.");
        }

        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        var number = int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return new Migration(number, match.Groups["name"].Value, reader.ReadToEnd());
    }

    [GeneratedRegex(@"(^|\.)(?<number>\d{4})_(?<name>[a-z0-9_]+)\.sql$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ResourceName();
}

using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>The edges between projects are those of eng/dependencies.txt: none more, none fewer.</summary>
internal sealed class EdgeRule : IRule
{
    public const string List = "eng/dependencies.txt";

    public IEnumerable<Violation> Check(SourceTree tree)
    {
        var allowed = Parse(tree.Find(List)?.Text ?? "");
        foreach (var project in tree.Projects)
        {
            var key = allowed.ContainsKey(project.Name) ? project.Name : project.IsTest ? "tests" : project.Name;
            if (!allowed.TryGetValue(key, out var edges))
            {
                yield return new Violation(List, $"says nothing about {project.Name}");
                continue;
            }

            foreach (var extra in project.References.Where(r => !edges.Contains("*") && !edges.Contains(r)))
            {
                yield return new Violation(project.File.Path, $"may not reference {extra}");
            }

            foreach (var unused in edges.Where(e => e != "*" && !project.References.Contains(e)))
            {
                yield return new Violation(List, $"allows {project.Name} → {unused}, which is not there: take it out");
            }
        }

        foreach (var gone in allowed.Keys.Where(name => name != "tests" && tree.Projects.All(p => p.Name != name)))
        {
            yield return new Violation(List, $"names {gone}, which is no project");
        }
    }

    private static Dictionary<string, string[]> Parse(string text) =>
        text.Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)
            .Select(line => line.Split(':', 2))
            .ToDictionary(p => p[0].Trim(), p => p[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
}

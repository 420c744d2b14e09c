using System.Text.Json;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Each executable ships the assemblies that eng/closure/&lt;exe&gt;.txt lists, and runs on the framework named there.
/// That keeps ASP.NET Core and SQL out of the agent.</summary>
internal sealed class ClosureRule : IRule
{
    private static readonly string[] Executables = ["hanse", "hanse-agent", "hanse-gateway"];

    public IEnumerable<Violation> Check(SourceTree tree)
    {
        foreach (var exe in Executables)
        {
            var list = $"eng/closure/{exe}.txt";
            if (tree.Find($"built/{exe}.deps.json") is not { } deps || tree.Find($"built/{exe}.runtimeconfig.json") is not { } runtime)
            {
                yield return new Violation(list, $"{exe} has not been built, so what it ships is not known");
                continue;
            }

            var shipped = Frameworks(runtime.Text).Concat(Assemblies(deps.Text)).ToHashSet(StringComparer.Ordinal);
            var listed = (tree.Find(list)?.Text ?? "").Split('\n').Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0).ToHashSet(StringComparer.Ordinal);
            foreach (var extra in shipped.Except(listed).Order(StringComparer.Ordinal))
            {
                yield return new Violation(list, $"{exe} ships {extra}, which is not listed");
            }

            foreach (var missing in listed.Except(shipped).Order(StringComparer.Ordinal))
            {
                yield return new Violation(list, $"lists {missing}, which {exe} does not ship");
            }
        }
    }

    /// <summary>File names of the managed assemblies in a deps.json.</summary>
    private static IEnumerable<string> Assemblies(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("targets").EnumerateObject()
            .SelectMany(target => target.Value.EnumerateObject())
            .Where(library => library.Value.TryGetProperty("runtime", out _))
            .SelectMany(library => library.Value.GetProperty("runtime").EnumerateObject())
            .Select(file => Path.GetFileName(file.Name))];
    }

    private static IEnumerable<string> Frameworks(string json)
    {
        using var document = JsonDocument.Parse(json);
        var options = document.RootElement.GetProperty("runtimeOptions");
        JsonElement[] frameworks = options.TryGetProperty("frameworks", out var several)
            ? [.. several.EnumerateArray()]
            : [options.GetProperty("framework")];
        return [.. frameworks.Select(f => f.GetProperty("name").GetString() ?? "")];
    }
}

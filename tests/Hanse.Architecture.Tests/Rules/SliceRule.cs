using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Slice → Model, Slice → OtherSlice.Api, never Slice → OtherSlice. Only files at a project's root know all slices.</summary>
/// <remarks>A slice is reached by a using directive, or by a name that starts with it: <c>Hosts.HostStore</c> seen from a
/// neighbour. Both are looked for; the second only for types that the other slice declares, so that a property called
/// like a slice is no finding.</remarks>
internal sealed class SliceRule : IRule
{
    // The agent is one small program whose session joins its folders; slices are what keeps the two servers apart inside.
    private static readonly string[] Sliced = ["Hanse.Coordinator", "Hanse.Site"];

    /// <summary>Folders that are no slices: the model, what all endpoints share, and what the agent has of system, files and log.</summary>
    private static readonly string[] Open = ["Model", "Api", "Native", "Data", "Logging"];

    /// <summary>The agent is put together in its link's session and in its verbs, which therefore see its slices.</summary>
    private static readonly string[] Composers = ["src/Hanse.Agent/Link", "src/Hanse.Agent/Cli"];

    public IEnumerable<Violation> Check(SourceTree tree) => Sliced.SelectMany(project => CheckProject(tree, project));

    private static IEnumerable<Violation> CheckProject(SourceTree tree, string project)
    {
        var prefix = $"src/{project}/";
        var files = tree.CSharp.Where(f => f.Path.StartsWith(prefix, StringComparison.Ordinal) && f.Path[prefix.Length..].Contains('/', StringComparison.Ordinal)).ToList();
        var slices = files.GroupBy(f => f.Path[prefix.Length..].Split('/')[0], StringComparer.Ordinal)
            .Where(g => !Open.Contains(g.Key, StringComparer.Ordinal))
            .ToDictionary(g => g.Key, g => Declared(g, prefix), StringComparer.Ordinal);
        foreach (var file in files.Where(f => !Composers.Any(f.IsUnder)))
        {
            var own = file.Path[prefix.Length..].Split('/')[0];
            foreach (var message in Usings(file, project, own, slices).Concat(Names(file, project, own, slices)).Distinct(StringComparer.Ordinal))
            {
                yield return new Violation(file.Path, message);
            }
        }
    }

    /// <summary>Names of the types a slice declares outside its Api folder.</summary>
    private static HashSet<string> Declared(IEnumerable<SourceFile> files, string prefix) =>
        files.Where(f => !f.Path[prefix.Length..].Contains("/Api/", StringComparison.Ordinal))
            .SelectMany(f => f.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            .Select(t => t.Identifier.ValueText).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<string> Usings(SourceFile file, string project, string own, Dictionary<string, HashSet<string>> slices)
    {
        foreach (var name in file.Syntax.DescendantNodes().OfType<UsingDirectiveSyntax>().Select(u => u.NamespaceOrType.ToString()))
        {
            var parts = name.StartsWith(project + ".", StringComparison.Ordinal) ? name[(project.Length + 1)..].Split('.') : [];
            if (parts.Length > 0 && parts[0] != own && slices.ContainsKey(parts[0]) && (parts.Length == 1 || parts[1] != "Api"))
            {
                yield return $"slice {own} uses {name}; only {parts[0]}.Api is open to it";
            }
        }
    }

    private static IEnumerable<string> Names(SourceFile file, string project, string own, Dictionary<string, HashSet<string>> slices)
    {
        foreach (var node in file.Syntax.DescendantNodes().Where(n => n is QualifiedNameSyntax or MemberAccessExpressionSyntax))
        {
            if (node.Ancestors().Any(a => a is UsingDirectiveSyntax) || node.Parent is BaseNamespaceDeclarationSyntax)
            {
                continue;
            }

            var text = node.ToString();
            var parts = (text.StartsWith(project + ".", StringComparison.Ordinal) ? text[(project.Length + 1)..] : text).Split('.');
            if (parts.Length > 1 && parts[0] != own && slices.TryGetValue(parts[0], out var types) && types.Contains(parts[1]))
            {
                yield return $"slice {own} names {parts[0]}.{parts[1]}; only {parts[0]}.Api is open to it";
            }
        }
    }
}

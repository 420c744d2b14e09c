using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>No name that says nothing: a type, a folder or a project called Core, Common, Shared, Utils, Helpers, Manager or
/// Interfaces tells nobody what is in it.</summary>
internal sealed class NameRule : IRule
{
    private static readonly HashSet<string> Folders =
        new(StringComparer.Ordinal) { "Core", "Common", "Shared", "Utils", "Util", "Utilities", "Helpers", "Helper", "Managers", "Manager", "Interfaces", "Misc" };

    private static readonly string[] Endings = ["Utils", "Util", "Utilities", "Helper", "Helpers", "Manager", "Managers"];

    public IEnumerable<Violation> Check(SourceTree tree)
    {
        foreach (var folder in tree.CSharp.Select(f => f.Folder).Distinct(StringComparer.Ordinal))
        {
            foreach (var word in folder.Split('/', '.').Where(Folders.Contains))
            {
                yield return new Violation(folder, $"is called {word}: name it for what it holds");
            }
        }

        foreach (var file in tree.CSharp)
        {
            foreach (var type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Select(t => t.Identifier.ValueText))
            {
                if (Folders.Contains(type) || Endings.Any(e => type.EndsWith(e, StringComparison.Ordinal)))
                {
                    yield return new Violation(file.Path, $"{type}: name it for what it does");
                }
            }
        }
    }
}

using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Namespace = folder, file = type, file-scoped; a folder has at most 25 files and lies at most two levels under its project.</summary>
internal sealed class PlaceRule : IRule
{
    public IEnumerable<Violation> Check(SourceTree tree)
    {
        foreach (var project in tree.Projects)
        {
            var files = tree.Files.Where(f => f.IsUnder(project.Folder)).ToList();
            foreach (var violation in files.Where(f => f.IsCSharp).SelectMany(f => CheckFile(f, project)).Concat(CheckFolders(files, project)))
            {
                yield return violation;
            }
        }
    }

    private static IEnumerable<Violation> CheckFile(SourceFile file, SourceProject project)
    {
        if (file.Syntax.ChildNodes().OfType<GlobalStatementSyntax>().Any() || !file.Syntax.DescendantNodes().Any(n => n is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax))
        {
            yield break; // A program's entry, or a file of attributes or global usings.
        }

        var expected = (project.Name + file.Folder[project.Folder.Length..]).Replace('/', '.');
        if (file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault() is not FileScopedNamespaceDeclarationSyntax scope)
        {
            yield return new Violation(file.Path, "needs a file-scoped namespace");
        }
        else if (scope.Name.ToString() != expected)
        {
            yield return new Violation(file.Path, $"is in namespace {scope.Name}; its folder says {expected}");
        }

        var wanted = file.Name.Split('.')[0];
        var types = file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Select(t => t.Identifier.ValueText)
            .Concat(file.Syntax.DescendantNodes().OfType<DelegateDeclarationSyntax>().Select(d => d.Identifier.ValueText));
        if (!types.Contains(wanted, StringComparer.Ordinal) && !IsFamily(file, wanted))
        {
            yield return new Violation(file.Path, $"declares no type {wanted}");
        }
    }

    /// <summary>Several small records of one kind may share a file that is called in the plural.</summary>
    private static bool IsFamily(SourceFile file, string name)
    {
        var top = file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Where(t => t.Parent is BaseNamespaceDeclarationSyntax).ToList();
        return name.EndsWith('s') && top.Count > 1 && top.All(t => t is RecordDeclarationSyntax);
    }

    private static IEnumerable<Violation> CheckFolders(List<SourceFile> files, SourceProject project)
    {
        foreach (var folder in files.GroupBy(f => f.Folder, StringComparer.Ordinal))
        {
            var depth = folder.Key[project.Folder.Length..].Count(c => c == '/');
            if (depth > 2)
            {
                yield return new Violation(folder.Key, $"lies {depth} levels under {project.Name}; the limit is 2");
            }

            var sources = folder.Count(f => f.IsCSharp);
            if (sources > 25)
            {
                yield return new Violation(folder.Key, $"has {sources} files; the limit is 25");
            }
        }
    }
}

using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Lengths of files and methods, and parameters of constructors. Generated code is not in the tree. Records are data:
/// their parameters are fields, and are not counted.</summary>
internal sealed class LengthRule : IRule
{
    public IEnumerable<Violation> Check(SourceTree tree) =>
        tree.CSharp.SelectMany(Files).Concat(tree.CSharp.SelectMany(Methods)).Concat(tree.CSharp.SelectMany(Constructors)).Concat(Spread(tree));

    private static IEnumerable<Violation> Files(SourceFile file)
    {
        var limit = file.IsUnder("tests") ? 600 : 400;
        if (file.LineCount > limit)
        {
            yield return new Violation(file.Path, $"has {file.LineCount} lines; the limit is {limit}");
        }
    }

    private static IEnumerable<Violation> Methods(SourceFile file) =>
        Lengths(file).Where(m => m.Lines > 80).Select(m => new Violation(file.Path, $"{m.Name} has {m.Lines} lines; the limit is 80"));

    private static IEnumerable<Violation> Constructors(SourceFile file)
    {
        var explicitOnes = file.Syntax.DescendantNodes().OfType<ConstructorDeclarationSyntax>().Select(c => (Name: c.Identifier.ValueText, c.ParameterList));
        var primary = file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
            .Where(t => t is ClassDeclarationSyntax or StructDeclarationSyntax && t.ParameterList is not null)
            .Select(t => (Name: t.Identifier.ValueText, ParameterList: t.ParameterList!));
        return explicitOnes.Concat(primary).Where(c => c.ParameterList.Parameters.Count > 7)
            .Select(c => new Violation(file.Path, $"the constructor of {c.Name} has {c.ParameterList.Parameters.Count} parameters; the limit is 7"));
    }

    /// <summary>Median and 95th percentile over the products' own source.</summary>
    private static IEnumerable<Violation> Spread(SourceTree tree)
    {
        var product = tree.CSharp.Where(f => f.IsUnder("src")).ToList();
        var files = product.Select(f => f.LineCount).Order().ToList();
        var methods = product.SelectMany(Lengths).Select(m => m.Lines).Order().ToList();
        var found = new (string What, int Value, int Limit)[]
        {
            ("median of file lengths", At(files, 0.5), 60), ("95th percentile of file lengths", At(files, 0.95), 220), ("95th percentile of method lengths", At(methods, 0.95), 35),
        };
        return found.Where(f => f.Value > f.Limit).Select(f => new Violation("src", $"{f.What} is {f.Value} lines; the limit is {f.Limit}"));
    }

    private static int At(List<int> sorted, double share) => sorted.Count == 0 ? 0 : sorted[(int)Math.Ceiling(share * sorted.Count) - 1];

    private static IEnumerable<(string Name, int Lines)> Lengths(SourceFile file) =>
        file.Syntax.DescendantNodes().Select<SyntaxNode, (string Name, int Lines)>(node => node switch
        {
            BaseMethodDeclarationSyntax m => (Name(m), Lines(m)),
            AccessorDeclarationSyntax a => (a.Keyword.ValueText, Lines(a)),
            LocalFunctionStatementSyntax l => (l.Identifier.ValueText, Lines(l)),
            _ => ("", 0),
        }).Where(m => m.Lines > 0);

    private static string Name(BaseMethodDeclarationSyntax node) => node switch
    {
        MethodDeclarationSyntax m => m.Identifier.ValueText,
        ConstructorDeclarationSyntax c => c.Identifier.ValueText,
        _ => "an operator",
    };

    private static int Lines(SyntaxNode node)
    {
        var span = node.SyntaxTree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}

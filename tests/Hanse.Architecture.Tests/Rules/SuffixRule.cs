using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>A suffix means one thing: planners and machines are pure, stores alone speak SQL, endpoints alone map routes, and
/// fakes stay in tests.</summary>
internal sealed class SuffixRule : IRule
{
    private static readonly string[] Routes = ["MapGet", "MapPost", "MapPut", "MapPatch", "MapDelete"];

    public IEnumerable<Violation> Check(SourceTree tree) =>
        tree.CSharp.Where(f => f.IsUnder("src")).SelectMany(file => Pure(file).Concat(MapsRoutes(file)).Concat(Doubles(file)));

    private static IEnumerable<Violation> Pure(SourceFile file)
    {
        var pure = file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
            .Where(t => t.Identifier.ValueText.EndsWith("Planner", StringComparison.Ordinal) || t.Identifier.ValueText.EndsWith("Machine", StringComparison.Ordinal));
        foreach (var type in pure)
        {
            var words = type.DescendantTokens().Where(t => t.IsKind(SyntaxKind.IdentifierToken) || t.IsKind(SyntaxKind.AsyncKeyword)).Select(t => t.ValueText)
                .Where(w => w is "async" or "Task" or "ValueTask" or "ILogger" or "TimeProvider" or "HttpClient" or "NpgsqlDataSource" or "NpgsqlConnection")
                .Distinct(StringComparer.Ordinal);
            foreach (var word in words)
            {
                yield return new Violation(file.Path, $"{type.Identifier.ValueText} is pure by its suffix but mentions {word}");
            }
        }
    }

    private static IEnumerable<Violation> MapsRoutes(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
            .Select(i => (Call: i.Expression is MemberAccessExpressionSyntax m ? m.Name.Identifier.ValueText : "", Type: i.Ancestors().OfType<TypeDeclarationSyntax>().LastOrDefault()?.Identifier.ValueText ?? ""))
            .Where(c => Routes.Contains(c.Call, StringComparer.Ordinal) && !c.Type.EndsWith("Endpoints", StringComparison.Ordinal))
            .Select(c => new Violation(file.Path, $"{c.Type} calls {c.Call}; routes are mapped by …Endpoints"))
            .Distinct();

    private static IEnumerable<Violation> Doubles(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>().Select(t => t.Identifier.ValueText)
            .Where(n => n.Length > 4 && (n.StartsWith("Fake", StringComparison.Ordinal) || n.StartsWith("Mock", StringComparison.Ordinal) || n.StartsWith("Stub", StringComparison.Ordinal)))
            .Select(n => new Violation(file.Path, $"{n} is a test double; it belongs under tests"));
}

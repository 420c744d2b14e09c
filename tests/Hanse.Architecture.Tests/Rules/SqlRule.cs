using System.Text.RegularExpressions;
using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>S2: SQL never reads the clock, in migrations or in code; and it is not written where a
/// suffix promises something else.</summary>
internal sealed partial class SqlRule : IRule
{
    private static readonly string[] Elsewhere = ["Endpoints", "Handler", "Driver", "Planner", "Machine", "Options", "Command", "Module"];

    public IEnumerable<Violation> Check(SourceTree tree)
    {
        foreach (var file in tree.Files.Where(f => f.Path.EndsWith(".sql", StringComparison.Ordinal)))
        {
            foreach (Match match in Clock().Matches(Comment().Replace(file.Text, "")))
            {
                yield return new Violation(file.Path, $"reads the database's clock: {match.Value}");
            }
        }

        foreach (var file in tree.CSharp.Where(f => f.IsUnder("src") || f.IsUnder("benchmarks")))
        {
            foreach (var violation in Literals(file).SelectMany(l => CheckLiteral(file, l.Text, l.Type)).Distinct())
            {
                yield return violation;
            }
        }
    }

    private static IEnumerable<Violation> CheckLiteral(SourceFile file, string text, string type)
    {
        foreach (Match match in Clock().Matches(text).Where(m => m.Value.EndsWith(')') || Statement().IsMatch(text)))
        {
            yield return new Violation(file.Path, $"reads the database's clock: {match.Value}");
        }

        if (Elsewhere.Any(suffix => type.EndsWith(suffix, StringComparison.Ordinal)) && Statement().IsMatch(text))
        {
            yield return new Violation(file.Path, $"{type} holds SQL; it belongs in a …Store");
        }
    }

    private static IEnumerable<(string Text, string Type)> Literals(SourceFile file) =>
        file.Syntax.DescendantTokens()
            .Where(t => t.IsKind(SyntaxKind.StringLiteralToken) || t.IsKind(SyntaxKind.SingleLineRawStringLiteralToken)
                || t.IsKind(SyntaxKind.MultiLineRawStringLiteralToken) || t.IsKind(SyntaxKind.InterpolatedStringTextToken))
            .Select(t => (t.ValueText, t.Parent?.Ancestors().OfType<TypeDeclarationSyntax>().LastOrDefault()?.Identifier.ValueText ?? ""));

    [GeneratedRegex(@"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(current_timestamp|localtimestamp|current_date|current_time|localtime)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Clock();

    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+(as\s+\w+\s+)?set\s|delete\s+from\s|with\s+\w+\s+as\s*\()", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Statement();
}

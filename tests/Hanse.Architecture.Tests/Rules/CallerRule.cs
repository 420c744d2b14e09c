using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Every HTTP endpoint says in its own statement who may call it, were it everybody; or all of a project's lie in a group
/// that says it for them.</summary>
internal sealed class CallerRule : IRule
{
    private static readonly string[] Routes = ["MapGet", "MapPost", "MapPut", "MapPatch", "MapDelete"];
    private static readonly string[] Declarations = ["RequireAuthorization", "AllowAnonymous"];
    private static readonly string[] GroupDeclarations = ["RequireAuthorization", "AddEndpointFilter"];

    public IEnumerable<Violation> Check(SourceTree tree) =>
        tree.CSharp.Where(f => f.IsUnder("src")).GroupBy(f => f.Path.Split('/')[1], StringComparer.Ordinal)
            .Where(project => !project.SelectMany(f => Calls(f, "MapGroup")).Any(group => Says(group, GroupDeclarations)))
            .SelectMany(project => project)
            .SelectMany(file => Calls(file, Routes).Where(e => !Says(e, Declarations)).Select(e => new Violation(file.Path, $"{Describe(e)} does not say who may call it")));

    private static IEnumerable<InvocationExpressionSyntax> Calls(SourceFile file, params string[] names) =>
        file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(i => names.Contains(Called(i), StringComparer.Ordinal));

    /// <summary>Looks along the chain that starts at the endpoint: what is called on its result.</summary>
    private static bool Says(InvocationExpressionSyntax endpoint, string[] declarations) =>
        endpoint.Ancestors().TakeWhile(a => a is InvocationExpressionSyntax or MemberAccessExpressionSyntax)
            .OfType<InvocationExpressionSyntax>().Any(i => declarations.Contains(Called(i), StringComparer.Ordinal));

    private static string Called(InvocationExpressionSyntax call) => call.Expression is MemberAccessExpressionSyntax m ? m.Name.Identifier.ValueText : "";

    private static string Describe(InvocationExpressionSyntax call) => $"{Called(call)} {call.ArgumentList.Arguments.FirstOrDefault()}";
}

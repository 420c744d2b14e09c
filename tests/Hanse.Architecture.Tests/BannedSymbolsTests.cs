using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Hanse.Architecture.Tests.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Hanse.Architecture.Tests;

/// <summary>Time comes from TimeProvider and randomness is injected: the analyzer that says so is on, knows each symbol, and
/// is silenced nowhere.</summary>
public sealed class BannedSymbolsTests
{
    private const string List = "eng/analyzers/BannedSymbols.txt";

    [Theory]
    [InlineData("System.DateTime.UtcNow")]
    [InlineData("System.DateTime.Now")]
    [InlineData("System.DateTimeOffset.UtcNow")]
    [InlineData("System.DateTimeOffset.Now")]
    [InlineData("new System.Random()")]
    [InlineData("System.Random.Shared")]
    [InlineData("System.Guid.NewGuid()")]
    [InlineData("System.Threading.Tasks.Task.Delay(1)")]
    public async Task A_planted_use_is_refused(string expression)
    {
        var found = await AnalyzeAsync($"class Planted {{ object Use() => {expression}; }}");
        Assert.Contains(found, d => d.Id == "RS0030");
    }

    [Fact]
    public async Task A_planted_sleep_is_refused()
    {
        var found = await AnalyzeAsync("class Planted { void Use() { System.Threading.Thread.Sleep(1); } }");
        Assert.Contains(found, d => d.Id == "RS0030");
    }

    [Fact]
    public void The_analyzer_is_on_for_every_project_and_an_error()
    {
        Assert.Contains("dotnet_diagnostic.RS0030.severity = error", SourceTree.Repository.Find(".editorconfig")!.Text, StringComparison.Ordinal);
        var props = SourceTree.Repository.Find("Directory.Build.props")!.Text;
        Assert.Contains("Include=\"Microsoft.CodeAnalysis.BannedApiAnalyzers\"", props, StringComparison.Ordinal);
        Assert.Contains(List, props, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_silences_it()
    {
        var silent = SourceTree.Repository.Files
            .Where(f => f.IsCSharp || f.Path.EndsWith(".csproj", StringComparison.Ordinal) || f.Path.EndsWith(".props", StringComparison.Ordinal))
            .Where(f => f.Name != nameof(BannedSymbolsTests) + ".cs" && f.Text.Contains("RS0030", StringComparison.Ordinal))
            .Select(f => f.Path);
        Assert.Empty(silent);
    }

    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(string source)
    {
        var package = typeof(BannedSymbolsTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BannedApiAnalyzers").Value!;
        var analyzers = Directory.EnumerateFiles(package, "Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.dll", SearchOption.AllDirectories)
            .Where(f => f.Contains($"{Path.DirectorySeparatorChar}cs{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            // By name: the assembly's code fixes need an editor's assemblies and cannot be loaded here.
            .Select(f => Assembly.LoadFrom(f).GetType("Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.CSharpSymbolIsBannedAnalyzer", throwOnError: true)!)
            .Select(t => (DiagnosticAnalyzer)Activator.CreateInstance(t)!).ToImmutableArray();
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal));
        var compilation = CSharpCompilation.Create("planted", [CSharpSyntaxTree.ParseText(source)],
            trusted.Select(p => MetadataReference.CreateFromFile(p)), new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var options = new AnalyzerOptions([new Symbols(SourceTree.Repository.Find(List)!.Text)]);
        return await compilation.WithAnalyzers(analyzers, options).GetAnalyzerDiagnosticsAsync();
    }

    private sealed class Symbols(string text) : AdditionalText
    {
        public override string Path => "BannedSymbols.txt";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }
}

using System.Text.RegularExpressions;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Every link method of the protocol is in the manifest, with its caller and callee: the manifest is what a link asks
/// before it lets a call through, so a method that is not in it has nobody who may call it.</summary>
internal sealed partial class ManifestRule : IRule
{
    public const string Proto = "src/Hanse.Protocol/Proto/link.proto";
    public const string Manifest = "src/Hanse.Protocol/Links/MethodManifest.cs";

    public IEnumerable<Violation> Check(SourceTree tree)
    {
        var body = MethodEnum().Match(tree.Find(Proto)?.Text ?? "").Groups[1].Value;
        var methods = Entry().Matches(body).Where(m => m.Groups[2].Value != "0").Select(m => Pascal(m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        var listed = Contract().Matches(tree.Find(Manifest)?.Text ?? "").Select(m => m.Groups[1].Value).ToList();
        if (methods.Count == 0)
        {
            yield return new Violation(Proto, "has no enum Method to hold the manifest against");
        }

        foreach (var missing in methods.Except(listed))
        {
            yield return new Violation(Manifest, $"does not say who may call {missing}");
        }

        foreach (var extra in listed.Except(methods))
        {
            yield return new Violation(Manifest, $"names {extra}, which the protocol does not");
        }

        foreach (var twice in listed.GroupBy(m => m, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            yield return new Violation(Manifest, $"names {twice.Key} twice");
        }
    }

    /// <summary>RECORD_BATCH → RecordBatch, as the compiler of the contract names it.</summary>
    private static string Pascal(string name) =>
        string.Concat(name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    [GeneratedRegex(@"enum\s+Method\s*\{(.*?)\n\}", RegexOptions.Singleline)]
    private static partial Regex MethodEnum();

    [GeneratedRegex(@"^\s*([A-Z_0-9]+)\s*=\s*(\d+)\s*;", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"new\(Method\.(\w+),")]
    private static partial Regex Contract();
}

using System.Text.RegularExpressions;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>No file tells where it was written: no path of somebody's machine, no address of a package source.</summary>
internal sealed partial class LeakRule : IRule
{
    public IEnumerable<Violation> Check(SourceTree tree) =>
        tree.Files.Where(f => !f.IsUnder("built") && f.Name != nameof(LeakRule) + ".cs")
            .SelectMany(file => Leak().Matches(file.Text).Select(m => m.Value).Distinct(StringComparer.Ordinal)
                .Select(found => new Violation(file.Path, $"names a place of one machine or a package source: {found}")));

    [GeneratedRegex(@"(?<![\w.])/((work|Users|mnt)/|root/\.)[\w.-]+|(?<![\w.])/tmp/w/|\.pyenv|[A-Z]:\\Users\\|\b[\w.-]*(nuget\.org|npmjs\.(org|com)|yarnpkg\.com|pypi\.org|artifactory|jfrog|deb\.debian\.org)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Leak();
}

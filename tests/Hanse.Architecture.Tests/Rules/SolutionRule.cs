using System.Xml.Linq;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>Every project is in Hanse.slnx, and every entry there is a project.</summary>
internal sealed class SolutionRule : IRule
{
    public IEnumerable<Violation> Check(SourceTree tree)
    {
        var listed = XDocument.Parse(tree.Find("Hanse.slnx")?.Text ?? "<Solution />").Descendants("Project")
            .Select(p => (string?)p.Attribute("Path") ?? "").ToHashSet(StringComparer.Ordinal);
        var there = tree.Projects.Select(p => p.File.Path).ToHashSet(StringComparer.Ordinal);
        return there.Except(listed).Select(p => new Violation(p, "is not in Hanse.slnx, so nothing builds or tests it"))
            .Concat(listed.Except(there).Select(p => new Violation("Hanse.slnx", $"lists {p}, which is not there")));
    }
}

using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests.Rules;

/// <summary>A rule of the tree. Pure: what it finds depends on the tree alone, so that a planted tree can prove it alive.</summary>
internal interface IRule
{
    IEnumerable<Violation> Check(SourceTree tree);
}

using Hanse.Architecture.Tests.Rules;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests;

/// <summary>The tree keeps every rule; and every rule finds the violation that is planted for it, by its place and its words.</summary>
public sealed class RulesTests
{
    private static readonly IRule[] All =
    [
        new EdgeRule(), new ClosureRule(), new SliceRule(), new LengthRule(), new PlaceRule(), new NameRule(), new SuffixRule(), new SqlRule(),
        new MigrationRule(), new SolutionRule(), new LeakRule(), new ManifestRule(), new CallerRule(),
    ];

    public static TheoryData<string> Rules => [.. All.Select(r => r.GetType().Name)];

    public static TheoryData<string> PlantedViolations => [.. Planted.All.Select(p => p.Title)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_tree_keeps(string rule)
    {
        var violations = Find(rule).Check(SourceTree.Repository).ToList();
        Assert.True(violations.Count == 0, $"{rule} finds {violations.Count}:\n  {string.Join("\n  ", violations)}");
    }

    [Theory]
    [MemberData(nameof(PlantedViolations))]
    public void A_planted_violation_is_named(string title)
    {
        var planted = Planted.All.Single(p => p.Title == title);
        var found = Find(planted.Rule).Check(new SourceTree(planted.Files)).Select(v => v.ToString()).ToList();
        Assert.Contains(found, v => v.Contains(planted.Says, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_rule_has_a_planted_violation()
    {
        var bare = All.Select(r => r.GetType().Name).Except(Planted.All.Select(p => p.Rule));
        Assert.Empty(bare);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_tree_without_a_flaw_passes(string rule) => Assert.Empty(Find(rule).Check(new SourceTree(Planted.Flawless)));

    private static IRule Find(string name) => All.Single(r => r.GetType().Name == name);
}

using System.Text;
using Hanse.Agent.Inventory;

namespace Hanse.Agent.Tests.Inventory;

public sealed class InventoryPlannerTests
{
    private static readonly IReadOnlySet<string> Nothing = new HashSet<string>();

    [Fact]
    public void Nothing_changed_Then_nothing_is_sent()
    {
        var sections = new[] { Section("a", "1"), Section("b", "2") };
        Assert.Empty(InventoryPlanner.Plan(sections, Held(sections), Nothing, full: false, 1000).Reports);
    }

    [Fact]
    public void One_changed_Then_it_is_sent_and_the_others_are_named()
    {
        var held = Held(Section("a", "1"), Section("b", "2"));
        var report = Assert.Single(InventoryPlanner.Plan([Section("a", "1"), Section("b", "3")], held, Nothing, full: false, 1000).Reports);
        Assert.Equal("b", Assert.Single(report.Sections).Name);
        Assert.Equal("a", Assert.Single(report.Unchanged).Name);
        Assert.False(report.Full);
    }

    [Fact]
    public void Wanted_or_full_Then_sent_though_held()
    {
        var sections = new[] { Section("a", "1"), Section("b", "2") };
        Assert.Equal("a", InventoryPlanner.Plan(sections, Held(sections), new HashSet<string> { "a" }, full: false, 1000).Reports.Single().Sections.Single().Name);
        var full = InventoryPlanner.Plan(sections, Held(sections), Nothing, full: true, 1000).Reports.Single();
        Assert.True(full.Full);
        Assert.Equal(["a", "b"], full.Sections.Select(s => s.Name));
    }

    [Fact]
    public void More_than_a_report_holds_Then_several_and_only_the_last_is_full_and_names_all()
    {
        var sections = new[] { Section("a", new string('x', 60)), Section("b", new string('x', 60)), Section("c", "1") };
        var reports = InventoryPlanner.Plan(sections, new Dictionary<string, byte[]>(), Nothing, full: true, 100).Reports;
        Assert.Equal(2, reports.Count);
        Assert.Equal((false, true), (reports[0].Full, reports[1].Full));
        Assert.Equal(["a", "b", "c"], reports[1].Sections.Select(s => s.Name).Concat(reports[1].Unchanged.Select(u => u.Name)).Order());
    }

    [Fact]
    public void Section_larger_than_a_report_Then_it_travels_as_its_error()
    {
        var report = InventoryPlanner.Plan([Section("a", new string('x', 101))], new Dictionary<string, byte[]>(), Nothing, full: false, 100).Reports.Single();
        Assert.True(report.Sections.Single().Body.IsEmpty);
        Assert.Contains("larger", report.Sections.Single().Error, StringComparison.Ordinal);
    }

    private static InventorySection Section(string name, string body) => InventorySection.Of(name, Encoding.UTF8.GetBytes(body), DateTimeOffset.UnixEpoch);

    private static Dictionary<string, byte[]> Held(params InventorySection[] sections) => sections.ToDictionary(s => s.Name, s => s.Hash);
}

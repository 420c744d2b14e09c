using Hanse.Coordinator.Enrollment.Rotation;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Enrollment.Rotation;

/// <summary>The trust horizon (T4): it turns red when somebody cannot renew, and not when something ends.</summary>
public sealed class HorizonPlannerTests
{
    private static readonly DateTimeOffset Now = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    [Fact]
    public void Judge_allInTheirFirstHalf_isSortedAndWithoutTrouble()
    {
        var entries = Judge(Site(age: 0.3, online: true), Site(age: 0.5, online: false, "south"));

        Assert.Equal(["coordinator", "south", "north", "root"], entries.Select(e => e.Name));
        Assert.All(entries, e => Assert.Null(e.Trouble));
    }

    [Theory]
    [InlineData(0.69, null)]
    [InlineData(0.71, "hanse trust renew --site north")]
    public void Judge_onlineSite_isRedOnceItShouldLongHaveRenewed(double age, string? trouble) =>
        Assert.Equal(trouble is not null, Entry(Judge(Site(age, online: true)), "site").Trouble?.Contains(trouble ?? "", StringComparison.Ordinal) ?? false);

    [Fact]
    public void Judge_siteThatFailed_saysWhy() =>
        Assert.Contains("no route", Entry(Judge(Site(0.8, online: true, error: "no route")), "site").Trouble, StringComparison.Ordinal);

    [Fact]
    public void Judge_offlineSitePastItsRenewal_saysSinceWhen() =>
        Assert.Contains("not seen since 2030-05-30", Entry(Judge(Site(0.8, online: false)), "site").Trouble, StringComparison.Ordinal);

    [Fact]
    public void Judge_offlineAgents_areListedByDayWithoutTrouble_andOverdueOnesWith()
    {
        var site = Site(0.3, online: true);
        site.Told!.Report.AgentEnds.Add(new AgentEnd { DayUnixS = Now.AddDays(3).ToUnixTimeSeconds(), Online = 5, Offline = 2 });
        site.Told.Report.Overdue = 4;

        var agents = Judge(site).Where(e => e.Kind == "agents").ToList();

        Assert.Equal([(4L, "online", true), (2L, "offline", false)], agents.OrderByDescending(e => e.Count).Select(e => (e.Count, e.Note, e.Trouble is not null)));
    }

    [Fact]
    public void Judge_rootThatCutsWhatItSigns_asksForARotation()
    {
        var facts = Facts() with { Root = new(Now.AddYears(-9), Now.AddDays(364)) };

        Assert.Contains("hanse trust rotate start", Entry(HorizonPlanner.Judge(facts), "root").Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_coordinatorThatDoesNotRenew_isRed()
    {
        var facts = Facts() with { Server = new(Now.AddDays(-25), Now.AddDays(5)) };

        Assert.NotNull(Entry(HorizonPlanner.Judge(facts), "coordinator").Trouble);
    }

    private static IReadOnlyList<HorizonEntry> Judge(params HorizonSite[] sites) => HorizonPlanner.Judge(Facts(sites));

    private static HorizonEntry Entry(IEnumerable<HorizonEntry> entries, string kind) => Assert.Single(entries, e => e.Kind == kind);

    private static HorizonFacts Facts(params HorizonSite[] sites) => new(
        Now, new(Now.AddYears(-1), Now.AddYears(9)), new(Now.AddDays(-100), Now.AddDays(265)), new(Now.AddDays(-10), Now.AddDays(20)), Year, sites);

    private static HorizonSite Site(double age, bool online, string name = "north", string error = "")
    {
        var begins = Now - (Year * age);
        var row = new SiteRow
        {
            Key = 1, Id = Guid.Empty, Name = name, Status = (short)SiteLifecycle.Enrolled, ExternalNames = [], Addresses = [], LastSyncAt = Now.AddDays(-2),
        };
        var report = new TrustReport
        {
            IntermediateBeginsUnixS = begins.ToUnixTimeSeconds(), IntermediateExpiresUnixS = (begins + Year).ToUnixTimeSeconds(), RenewalError = error,
        };
        return new HorizonSite(row, new SiteTrust(report, Now), online);
    }
}

using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Link;

/// <summary>The real <c>hanse-agent</c>, and where what it tells of its host goes.</summary>
public sealed class MetricsDriverTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Given_a_site_that_hears_When_the_agent_runs_Then_samples_come_by_datagram_and_over_the_link_once_they_do_not()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Join(folder.Path);
        using var agent = RealAgent.Start("run", "--data", folder.Path);

        await Wait.For("samples by datagram", () => site.Metrics.ByDatagram.Count > 20, Long, () => agent.Log);
        var sample = site.Metrics.ByDatagram.Last();
        Assert.True(sample.HasCpuPermille && sample.MemoryUsedKib > 0 && sample.ProcessesCount > 0, sample.ToString());
        Assert.Contains(site.Metrics.ByDatagram, s => s.Processes.Any(p => p.Name.Length > 0));
        // More may come at any moment.
        var headers = site.Metrics.Headers.ToArray();
        Assert.All(headers, h => Assert.Equal((7u, site.Metrics.Keys.Single().KeyId), (h.RouteId, h.KeyId)));
        Assert.Equal(headers.Select(h => h.Sequence).Order(), headers.Select(h => h.Sequence));

        site.Metrics.Deaf = true;
        var before = site.Metrics.ByLink.Count;
        await Wait.For("samples over the link", () => site.Metrics.ByLink.Count > before + 20, Long, () => agent.Log);
        Assert.Contains("metrics go over the link", agent.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_UDP_that_never_passes_When_the_agent_runs_Then_no_sample_is_lost_to_it()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Metrics.Deaf = true;
        site.Join(folder.Path);
        using var agent = RealAgent.Start("run", "--data", folder.Path);
        await Wait.For("samples over the link", () => site.Metrics.ByLink.Count > 20, Long, () => agent.Log);
        Assert.Empty(site.Metrics.ByDatagram);
    }

    [Fact]
    public async Task Given_a_site_that_wants_no_names_When_the_agent_runs_Then_none_leaves_the_host()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Metrics.Parts = [MetricsPart.Processes, MetricsPart.Logins];
        site.Join(folder.Path);
        using var agent = RealAgent.Start("run", "--data", folder.Path);
        await Wait.For("samples by datagram", () => site.Metrics.ByDatagram.Any(s => s.Processes.Count > 0), Long, () => agent.Log);
        Assert.All(site.Metrics.ByDatagram.Concat(site.Metrics.ByLink), s =>
        {
            Assert.All(s.Processes, p => Assert.Equal("", p.Name));
            Assert.Empty(s.Logins);
            Assert.False(s.HasCpuPermille || s.HasMemoryUsedKib || s.HasNetworkSentBytes || s.FileSystems.Count > 0 || s.Interfaces.Count > 0);
        });
    }

    [Fact]
    public async Task Given_a_site_that_wants_nothing_When_the_agent_runs_Then_it_tells_nothing_and_rests()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Metrics.Parts = [];
        site.Join(folder.Path);
        using var agent = RealAgent.Start("run", "--data", folder.Path);
        await Wait.For("the whole inventory", () => site.Reports.Any(r => r.Full), Long, () => agent.Log);
        Assert.Single(site.Metrics.Keys);
        Assert.Empty(site.Metrics.ByDatagram.Concat(site.Metrics.ByLink));
    }

    [Fact]
    public async Task Given_a_key_whose_day_is_over_When_the_agent_goes_on_Then_it_has_another_that_begins_anew()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Metrics.RenewS = 1;
        site.Join(folder.Path);
        using var agent = RealAgent.Start("run", "--data", folder.Path);
        await Wait.For("a third key in use", () => site.Metrics.Headers.Select(h => h.KeyId).Distinct().Count() >= 3, Long, () => agent.Log);
        Assert.All(site.Metrics.Headers.GroupBy(h => h.KeyId), g => Assert.Equal(1UL, g.Min(h => h.Sequence)));
    }
}

using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Metrics;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using static Hanse.Site.Tests.Metrics.MetricsAgent;

namespace Hanse.Site.Tests.Metrics;

/// <summary>What a site keeps of its hosts' metrics, through minutes, hours, restarts and the loss of a host.</summary>
public sealed class MetricsHistoryTests : IAsyncLifetime
{
    private readonly SiteHost _site = new(); // of one test alone: each moves its clock

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Given_a_minute_of_samples_When_it_is_over_Then_it_is_one_row_and_its_hour_adds_up()
    {
        using var host = await StartAsync(_site, "minute-1");
        foreach (var permille in new uint[] { 100, 300, 500 })
        {
            await host.SendAsync(Busy(permille));
            Advance(5 * Second);
        }

        await StoredAsync(host, 1);
        var chunk = MetricsChunk.Parser.ParseFrom((await _site.QueryAsync<byte[]>("select chunk from metrics_minute where host_id = @id", new { id = host.Host.Value })).Single());
        Assert.Equal([0u, 0u, 1u], chunk.Samples.Select(s => (uint)s.Sample.Processes.Count));
        Assert.Equal([0u, 5000u, 10000u], chunk.Samples.Select(s => s.AfterMs));
        var hour = (await _site.Get<MetricsStore>().HoursAsync(host.Host, _site.Clock.GetUtcNow() - Hour, _site.Clock.GetUtcNow(), default)).Single().Tally;
        Assert.Equal((3, 900L, 500L), (hour.Samples, hour.Sums[0], hour.Highest[0]));
    }

    [Fact]
    public async Task Given_stored_datagrams_When_the_site_restarts_Then_they_do_not_count_again_and_the_key_goes_on()
    {
        using var host = await StartAsync(_site, "restart-1");
        await host.SendAsync(Busy(100));
        await host.SendAsync(Busy(200));
        var missed = host.Seal(Busy(300));

        await _site.RestartAsync();
        await ListeningAsync(_site);
        await Wait.For("the keys to be taken up", () => _site.Get<MeterTable>().FindKey(host.Key.KeyId) is not null);

        foreach (var captured in host.Sent)
        {
            await host.ThrowAsync(captured, DatagramFate.Replayed);
        }

        await host.ThrowAsync(missed, DatagramFate.Taken); // on its way while the site was away, and never counted
        await host.ThrowAsync(missed, DatagramFate.Replayed);
        var metrics = (await host.ReadAsync(Hour))!;
        Assert.Equal((300u, 3L), (metrics.Last.CpuPermille, metrics.Points.Sum(p => p.Samples)));
    }

    [Fact]
    public async Task Given_history_When_it_is_too_old_Then_samples_go_and_later_the_hours()
    {
        using var host = await StartAsync(_site, "old-1");
        await host.TellAsync(Busy(100));
        await StoredAsync(host, 1);

        Advance(TimeSpan.FromHours(8));
        await PassingAsync("the samples to be forgotten", async () => await CountAsync(host, "metrics_minute") == 0);
        Assert.Equal(1, await CountAsync(host, "metrics_hour"));
        var metrics = (await host.ReadAsync(TimeSpan.FromDays(1)))!;
        Assert.Equal((1u, 100u, 3600u), (metrics.Points.Single().Samples, metrics.Points.Single().Mean.CpuPermille, metrics.StepS));
        Assert.Null(metrics.Last);

        Advance(TimeSpan.FromDays(15));
        await PassingAsync("the hours to be forgotten", async () => await CountAsync(host, "metrics_hour") == 0);
        Assert.Null(await host.ReadAsync(TimeSpan.FromDays(20)));
    }

    [Fact]
    public async Task Given_a_key_of_more_than_a_day_When_it_is_used_Then_it_is_unknown()
    {
        using var host = await StartAsync(_site, "aged-1");
        Assert.Equal(86_400u, host.Key.RenewS);
        Advance(MeterTable.KeyLife);
        await host.ThrowAsync(host.Seal(Busy(1)), DatagramFate.UnknownKey);
    }

    [Fact]
    public async Task Given_a_host_that_is_banned_When_its_datagrams_come_Then_they_are_stored_no_more_and_soon_unknown()
    {
        using var host = await StartAsync(_site, "banned-1");
        await _site.Get<IHosts>().RemoveAsync(host.Host, ban: true, "test", "stolen", default);
        await host.SendAsync(Busy(100));
        Advance(TimeSpan.FromMinutes(2));
        await PassingAsync("its key to be forgotten", () => Task.FromResult(_site.Get<MeterTable>().FindKey(host.Key.KeyId) is null));
        await host.ThrowAsync(host.Seal(Busy(1)), DatagramFate.UnknownKey);
        Assert.Equal(0, await CountAsync(host, "metrics_minute"));
    }

    [Fact]
    public async Task Given_a_clock_that_is_set_back_When_samples_come_Then_each_counts_once()
    {
        using var host = await StartAsync(_site, "clock-1");
        await host.TellAsync(Busy(100));
        _site.Clock.JumpWallClock(TimeSpan.FromMinutes(-3));
        await host.TellAsync(Busy(200));
        Advance(TimeSpan.FromMinutes(2));
        await host.SendAsync(Busy(300)); // its link has noticed the silence; its key has not
        await StoredAsync(host, 3);
        Assert.Equal(3L, (await _site.QueryAsync<long>("select sum(samples)::bigint from metrics_hour where host_id = @id", new { id = host.Host.Value })).Single());
    }

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    private void Advance(TimeSpan by) => _site.Clock.Advance(by);

    private Task StoredAsync(MetricsAgent host, int rows)
    {
        Advance(TimeSpan.FromSeconds(70));
        return PassingAsync($"{rows} stored rows", async () => await CountAsync(host, "metrics_minute") >= rows);
    }

    /// <summary>Time goes on meanwhile: the driver looks every few seconds, whenever it came to wait.</summary>
    private Task PassingAsync(string what, Func<Task<bool>> condition) => Wait.For(what, () =>
    {
        Advance(5 * Second);
        return condition();
    });

    private async Task<long> CountAsync(MetricsAgent host, string table) =>
        (await _site.QueryAsync<long>($"select count(*) from {table} where host_id = @id", new { id = host.Host.Value })).Single();
}

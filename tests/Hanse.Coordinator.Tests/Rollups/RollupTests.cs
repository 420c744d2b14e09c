using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Hanse.Coordinator.Rollups;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Rollups;

/// <summary>What sites count, told over real links and read at the API.</summary>
public sealed class RollupTests : IAsyncLifetime
{
    // One a test: its clock moves on, and a site joins only while it agrees with the listener's.
    private readonly CoordinatorHost _host = new();
    private const string Metric = "hosts.status";
    private ulong _counter;

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Given_counts_over_an_hour_When_asked_Then_now_the_points_told_and_the_hours_low_and_high_are_there()
    {
        var site = await _host.JoinAsync("charted");
        NextHour();
        foreach (var (online, offline) in new[] { (5, 0), (3, 2), (4, 0) })
        {
            await TellAsync(site, $$"""{"online":{{online}},"offline":{{offline}}}""");
            _host.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        var now = (await GetAsync("sites/charted/rollups")).GetProperty("items")[0];
        Assert.Equal((Metric, 4, 0), (now.GetProperty("metric").GetString(), Count(now, "counts", "online"), Count(now, "counts", "offline")));
        var told = await GetAsync($"rollups/{Metric}?site=charted");
        Assert.Equal("raw", told.GetProperty("step").GetString());
        Assert.Equal([5, 3, 4], told.GetProperty("points").EnumerateArray().Select(p => Count(p, "counts", "online")));
        foreach (var step in new[] { "hour", "day" })
        {
            var points = (await GetAsync($"rollups/{Metric}?site=charted&step={step}&from={From(TimeSpan.FromDays(2))}")).GetProperty("points");
            var last = points[points.GetArrayLength() - 1];
            Assert.Equal((4, 3, 5), (Count(last, "counts", "online"), Count(last, "low", "online"), Count(last, "high", "online")));
            Assert.Equal(2, Count(last, "high", "offline"));
        }
    }

    [Fact]
    public async Task Given_two_sites_When_one_goes_away_and_the_other_is_removed_Then_the_sum_keeps_the_one_and_drops_the_other()
    {
        var (away, removed) = (await _host.JoinAsync("sum-away"), await _host.JoinAsync("sum-removed"));
        await TellAsync(away, """{"x-away":7}""");
        await TellAsync(removed, """{"x-removed":2}""");
        _host.Clock.Advance(TimeSpan.FromMinutes(5));
        var before = (await GetAsync($"rollups/{Metric}")).GetProperty("points");
        Assert.Equal((7, 2), (Count(before[before.GetArrayLength() - 1], "counts", "x-away"), Count(before[before.GetArrayLength() - 1], "counts", "x-removed")));

        using var removal = await _host.Socket.PostAsJsonAsync("sites/sum-removed/remove", new { reason = "closed" });
        Assert.Equal(HttpStatusCode.NoContent, removal.StatusCode);
        _host.Clock.Advance(TimeSpan.FromMinutes(5));

        var last = (await GetAsync($"rollups/{Metric}")).GetProperty("points").EnumerateArray().Last().GetProperty("counts");
        Assert.Equal(7, last.GetProperty("x-away").GetInt32());
        Assert.False(last.TryGetProperty("x-removed", out _));
        var summed = (await GetAsync("rollups")).GetProperty("items").EnumerateArray().Single(m => m.GetProperty("metric").GetString() == Metric).GetProperty("counts");
        Assert.Equal((7, false), (summed.GetProperty("x-away").GetInt32(), summed.TryGetProperty("x-removed", out _)));
    }

    [Fact]
    public async Task Given_an_older_entry_or_a_clock_ahead_When_told_Then_neither_the_value_nor_the_future_is_written()
    {
        var site = await _host.JoinAsync("late");
        _counter = 9;
        await TellAsync(site, """{"online":1}""");
        _counter = 3;
        await TellAsync(site, """{"online":99}""");
        _counter = 20;
        await TellAsync(site, """{"online":2}""", ahead: TimeSpan.FromDays(400));

        Assert.Equal(2, Count((await GetAsync("sites/late/rollups")).GetProperty("items")[0], "counts", "online"));
        Assert.Empty(await _host.QueryAsync<DateTime>("select at from rollups_point where site_id = @id and at > @now", new { id = site.Id.Value, now = _host.Clock.GetUtcNow() }));
        Assert.Equal([1L, 2L], (await _host.QueryAsync<long>(
            "select distinct (high ->> 'online')::bigint as v from rollups_point where site_id = @id and step = 1 union select (low ->> 'online')::bigint from rollups_point where site_id = @id and step = 1",
            new { id = site.Id.Value })).Order());
    }

    [Fact]
    public async Task Given_history_When_it_grows_old_Then_each_step_forgets_in_its_own_time()
    {
        var site = await _host.JoinAsync("old");
        await TellAsync(site, """{"online":1}""");
        await using var connection = await _host.Get<Npgsql.NpgsqlDataSource>().OpenConnectionAsync();
        foreach (var (days, kept) in new[] { (1, "0 1 2"), (3, "1 2"), (70, "2"), (6 * 366, "") })
        {
            await RollupHistoryStore.PruneAsync(connection, _host.Clock.GetUtcNow().AddDays(days), default);
            Assert.Equal(kept, string.Join(' ', await _host.QueryAsync<short>("select step from rollups_point where site_id = @id order by step", new { id = site.Id.Value })));
        }
    }

    [Theory]
    [InlineData("rollups/hosts.smell", 404, ErrorCodes.MetricNotFound)]
    [InlineData("rollups/hosts.status?site=nowhere", 404, ErrorCodes.SiteNotFound)]
    [InlineData("sites/nowhere/rollups", 404, ErrorCodes.SiteNotFound)]
    [InlineData("rollups/hosts.status?step=week", 400, ErrorCodes.RequestInvalid)]
    [InlineData("rollups/hosts.status?step=1", 400, ErrorCodes.RequestInvalid)]
    [InlineData("rollups/hosts.status?from=2031-01-02T00:00Z&to=2031-01-01T00:00Z", 400, ErrorCodes.RequestInvalid)]
    [InlineData("rollups/hosts.status?from=2001-01-01T00:00Z&step=hour", 400, ErrorCodes.RequestInvalid)]
    public async Task Given_a_question_without_an_answer_When_asked_Then_it_is_refused_by_name(string path, int status, string code)
    {
        using var answer = await _host.Socket.GetAsync(path);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal((status, code), ((int)answer.StatusCode, body.GetProperty("code").GetString()));
    }

    private string From(TimeSpan ago) => Uri.EscapeDataString((_host.Clock.GetUtcNow() - ago).ToString("o"));

    private static int Count(JsonElement point, string counts, string label) => point.GetProperty(counts).GetProperty(label).GetInt32();

    private void NextHour()
    {
        var now = _host.Clock.GetUtcNow();
        _host.Clock.Advance(RollupSteps.Floor(now, TimeSpan.FromHours(1)).AddHours(1).AddMinutes(1) - now);
    }

    private Task<JsonElement> GetAsync(string path) => _host.Socket.GetFromJsonAsync<JsonElement>(path);

    private async Task TellAsync(TestSite site, string json, TimeSpan ahead = default)
    {
        // On a clock that jumps no link lives long.
        Assert.Null(await site.DialAsync());
        var receipt = await site.SendAsync(new StateEntry
        {
            Class = StateClass.Rollup, Key = ByteString.CopyFromUtf8(Metric), Counter = ++_counter,
            Rollup = new RollupState { Metric = Metric, ValueJson = json, ComputedUnixMs = (_host.Clock.GetUtcNow() + ahead).ToUnixTimeMilliseconds() },
        });
        Assert.Empty(receipt.Refusals);
    }

}

using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Rollups;
using Hanse.Site.Rollups;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Rollups;

/// <summary>What a site counts of its hosts, and when it tells it.</summary>
public sealed class RollupDriverTests : IAsyncLifetime
{
    private readonly SiteHost _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Given_hosts_that_come_report_and_go_When_counted_Then_each_count_is_told_down_to_zero()
    {
        var agent = await TestAgent.OnlineAsync(_site, "counted-1");
        await TellAsync(agent, "system", """{"hostname":"counted-1","os":{"id":"debian","version":"12","family":"linux"}}""");
        await TellAsync(agent, "updates", """[{"name":"a","security":true},{"name":"b","security":false}]""");
        var now = _site.Clock.GetUtcNow();
        await TellAsync(agent, "certificates", $$"""[{"notAfter":"{{now.AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}}"},{"notAfter":"{{now.AddDays(20):yyyy-MM-ddTHH:mm:ssZ}}"},{"notAfter":"soon"},{}]""");
        await Wait.For("the host to be online", async () => await ToldAsync(RollupMetrics.HostStatus) is { } s && s.GetValueOrDefault("online") == 1);

        Assert.Equal("debian 12=1", Text(await ToldAsync(RollupMetrics.HostOs)));
        Assert.Equal("1.0=1", Text(await ToldAsync(RollupMetrics.AgentVersions)));
        Assert.Equal("hosts=1 security=1 updates=2", Text(await ToldAsync(RollupMetrics.PendingUpdates)));
        Assert.Equal("30 days=1 7 days=0 90 days=0 expired=1 later=0", Text(await ToldAsync(RollupMetrics.CertificateExpiries)));

        await TellAsync(agent, "updates", "[]");
        Assert.Equal("hosts=0 security=0 updates=0", Text(await ToldAsync(RollupMetrics.PendingUpdates)));
        Assert.True((await _site.Socket.DeleteAsync($"hosts/{agent.Host}")).IsSuccessStatusCode);
        Assert.Equal("banned=0 offline=0 online=0 quarantined=0", Text(await ToldAsync(RollupMetrics.HostStatus)));
        Assert.Equal("", Text(await ToldAsync(RollupMetrics.HostOs)));
        Assert.Equal("30 days=0 7 days=0 90 days=0 expired=0 later=0", Text(await ToldAsync(RollupMetrics.CertificateExpiries)));
    }

    [Fact]
    public async Task Given_nothing_changed_When_counted_again_Then_nothing_is_told_until_it_is_due_again()
    {
        await _site.Get<RollupDriver>().TellAsync(default);
        var first = await CounterAsync();
        _site.Clock.Advance(TimeSpan.FromSeconds(2));
        await _site.Get<RollupDriver>().TellAsync(default);
        Assert.Equal(first, await CounterAsync());

        _site.Clock.Advance(RollupClock.ToldAgain);
        await _site.Get<RollupDriver>().TellAsync(default);

        Assert.True(await CounterAsync() > first);
    }

    private static string Text(IReadOnlyDictionary<string, long>? counts) => string.Join(' ', counts!.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value}"));

    private async Task<long> CounterAsync() => Assert.Single(await _site.QueryAsync<long>(
        "select counter from uplink_state where class = 2 and key = @key", new { key = Encoding.UTF8.GetBytes(RollupMetrics.HostStatus) }));

    /// <summary>Counts, and gives what waits for the coordinator.</summary>
    private async Task<IReadOnlyDictionary<string, long>?> ToldAsync(string metric)
    {
        await _site.Get<RollupDriver>().TellAsync(default);
        var value = Assert.Single(await _site.QueryAsync<byte[]>("select value from uplink_state where class = 2 and key = @key", new { key = Encoding.UTF8.GetBytes(metric) }));
        return RollupValue.Read(RollupState.Parser.ParseFrom(value).ValueJson, out _);
    }

    private static async Task TellAsync(TestAgent agent, string name, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var section = new Section { Name = name, Body = ByteString.CopyFrom(bytes), Hash = ByteString.CopyFrom(SHA256.HashData(bytes)), CollectedUnixMs = 1 };
        Assert.True((await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { section } })).Succeeded);
    }
}

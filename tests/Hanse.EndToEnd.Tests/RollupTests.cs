using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.EndToEnd.Tests;

/// <summary>What the sites count, from a real agent to the operator's table.</summary>
[Collection(Demo.OneAtATime)]
public sealed class RollupTests
{
    // Sites count once a minute.
    private static readonly TimeSpan Counted = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Hosts_are_counted_now_and_over_time_down_to_zero()
    {
        await using var demo = new Demo();
        (await demo.UpAsync("--detach")).Succeeded();
        await Wait.For("one host online at north, none at south", async () => await OnlineAsync(demo, "north") == 1 && await OnlineAsync(demo, "south") == 0, Counted);
        var host = await Wait.ForValue("the host with its OS", async () => (await demo.JsonAsync("host", "search", Environment.MachineName)).AsArray().FirstOrDefault(h => h!["os"] is not null));
        // An agent is online before its first inventory has come, so the count that holds its OS may be the next one.
        await Wait.For("its OS to be counted", async () => await CountAsync(demo, "hosts.os", host["os"]!.GetValue<string>()) == 1, Counted);
        await Wait.For("its agent's version to be counted", async () => await CountAsync(demo, "hosts.agent-version", host["agentVersion"]!.GetValue<string>()) == 1, Counted);
        Assert.NotNull(await MetricAsync(demo, "certificates.expiry"));

        (await demo.FindAsync("agent", "north")).Kill();
        await Wait.For("the count to fall to zero", async () => await OnlineAsync(demo, "north") == 0, Counted);

        var line = await demo.JsonAsync("rollup", "show", "hosts.status", "--site", "north");
        var online = line["points"]!.AsArray().Select(p => (long)(p!["counts"]!["online"] ?? 0)).ToList();
        Assert.Equal((1, 0), (online.Max(), online[^1]));
        var sum = (await demo.JsonAsync("rollup", "show", "hosts.status", "--step", "hour"))["points"]!.AsArray();
        Assert.Equal(1, (long)sum[^1]!["counts"]!["offline"]!);
        Assert.Contains("offline 1", (await demo.HanseAsync("rollup", "list")).Succeeded().Output, StringComparison.Ordinal);
    }

    private static Task<long?> OnlineAsync(Demo demo, string site) => CountAsync(demo, "hosts.status", "online", "--site", site);

    private static async Task<long?> CountAsync(Demo demo, string metric, string value, params string[] more) => (long?)(await MetricAsync(demo, metric, more))?[value];

    private static async Task<JsonNode?> MetricAsync(Demo demo, string metric, params string[] more) =>
        (await demo.JsonAsync(["rollup", "list", .. more])).AsArray().FirstOrDefault(m => m!["metric"]!.GetValue<string>() == metric)?["counts"];
}

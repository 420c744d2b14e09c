using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.EndToEnd.Tests;

/// <summary>The federation's root is replaced under real programs, from start to finish, and everything goes on: links, commands, the operator's profile.</summary>
[Collection(Demo.OneAtATime)]
public sealed class TrustTests
{
    private readonly Demo _demo = new();
    private readonly string _machine = Environment.MachineName;

    [Fact]
    public async Task The_root_is_rotated_while_everything_runs()
    {
        await using var demo = _demo;
        (await demo.UpAsync("--detach")).Succeeded();
        await StartIsPublishedToSitesAndAgentsAsync();
        await SwitchWaitsForASiteThatIsAwayAsync();
        await FinishLeavesOneRootAndCommandsRunAsync();
        await BanReachesTheOtherSiteAsync();
    }

    private async Task StartIsPublishedToSitesAndAgentsAsync()
    {
        (await _demo.HanseAsync("trust", "rotate", "start")).Succeeded();
        var again = await _demo.HanseAsync("trust", "rotate", "start");
        Assert.Equal(6, again.ExitCode);
        Assert.Contains("rotation-running", again.Error, StringComparison.Ordinal);
        await ReadyAsync();

        // Taken back, and begun anew: the agent follows both ways.
        (await _demo.HanseAsync("trust", "rotate", "abort", "--yes")).Succeeded();
        await Wait.For("the site to trust one root again", async () => (await AtSiteAsync("north"))["roots"]!.AsArray().Count == 1);
    }

    private async Task SwitchWaitsForASiteThatIsAwayAsync()
    {
        (await _demo.FindAsync("site", "south")).Kill();
        await Wait.For("the site to be away", async () => (string)(await _demo.JsonAsync("site", "show", "south"))["link"]! == "offline");
        (await _demo.HanseAsync("trust", "rotate", "start")).Succeeded();
        var held = await _demo.HanseAsync("trust", "rotate", "switch", "--yes");
        Assert.Equal(6, held.ExitCode);
        Assert.Contains("south", held.Error, StringComparison.Ordinal);

        (await _demo.UpAsync("--detach")).Succeeded();
        await ReadyAsync();
        (await _demo.HanseAsync("trust", "rotate", "switch", "--yes")).Succeeded();
    }

    private async Task FinishLeavesOneRootAndCommandsRunAsync()
    {
        // The profile knows the old root alone: the tool follows it to the new one.
        await ReadyAsync();
        (await _demo.HanseAsync("trust", "rotate", "finish", "--yes")).Succeeded();
        var pin = (string)(await _demo.JsonAsync("status"))["rootPins"]!.AsArray().Single()!;
        foreach (var site in new[] { "north", "south" })
        {
            await Wait.For($"{site} to trust the new root alone", async () =>
                (await AtSiteAsync(site))["roots"]!.AsArray().Select(r => (string)r!["pin"]!).SequenceEqual([pin]));
            Assert.Equal(pin, (string)(await AtSiteAsync(site))["issuingRoot"]!);
        }

        var run = await _demo.JsonAsync("run", "--host", _machine, "--", "echo", "under the new root");
        Assert.Equal(("completed", "under the new root\n"), ((string)run["state"]!, (string)run["executions"]![0]!["stdout"]!));

        // Every link can be made anew: each process comes back and is verified by the new root alone.
        foreach (var process in (await _demo.StatusAsync()).Where(p => p.Role is "coordinator" or "site" or "agent"))
        {
            process.Kill();
        }

        (await _demo.UpAsync("--detach")).Succeeded();
        Assert.Equal("completed", (string)(await _demo.JsonAsync("run", "--host", _machine, "--", "true"))["state"]!);
        var steps = (await _demo.JsonAsync("audit", "list")).AsArray().Select(e => (string)e!["operation"]!).Where(o => o.StartsWith("trust.rotate.", StringComparison.Ordinal));
        Assert.Equal(["abort", "finish", "start", "start", "switch"], steps.Select(s => s["trust.rotate.".Length..]).Order(StringComparer.Ordinal));
        Assert.True((bool)(await _demo.JsonAsync("audit", "verify"))["ok"]!);
    }

    private async Task BanReachesTheOtherSiteAsync()
    {
        (await _demo.HanseAsync("host", "ban", _machine, "--yes", "--reason", "stolen")).Succeeded();
        foreach (var site in new[] { "north", "south" })
        {
            await Wait.For($"{site} to hold the list with the ban", async () => (long)(await AtSiteAsync(site))["revocations"]!["hosts"]! == 1);
        }

        var agent = await _demo.FindAsync("agent", "north");
        await Wait.For("the agent to be told", async () => (await File.ReadAllTextAsync(Path.Combine(agent.DataDir, "status.json"))).Contains("\"banned\"", StringComparison.Ordinal));
    }

    private Task ReadyAsync() => Wait.For(
        "every site and agent to be ready", async () => (bool)(await _demo.JsonAsync("trust", "rotate", "status"))["ready"]!, TimeSpan.FromSeconds(60),
        () => _demo.HanseAsync("trust", "rotate", "status").Result.Output);

    private async Task<JsonNode> AtSiteAsync(string name) =>
        await _demo.JsonAsync("trust", "show", "--address", $"unix:{(await _demo.FindAsync("site", name)).DataDir}/site.sock");
}

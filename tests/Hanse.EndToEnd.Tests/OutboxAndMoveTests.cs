using System.Diagnostics;
using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.EndToEnd.Tests;

/// <summary>With the real programs: what a site has to tell while its coordinator is gone, a host that moves from site to site, and a site that leaves.</summary>
[Collection(Demo.OneAtATime)]
public sealed class OutboxAndMoveTests
{
    private readonly Demo _demo = new();
    private readonly string _machine = Environment.MachineName;

    [Fact]
    public async Task An_outbox_drains_once_a_host_moves_and_a_site_leaves()
    {
        await using var demo = _demo;
        (await demo.UpAsync("--detach")).Succeeded();
        await WorkWhileTheCoordinatorIsGoneArrivesOnceAsync();
        await HostMovesAndKeepsItsIdAsync();
        await SiteLooksBeforeItJoinsAsync();
        await SiteLeavesAsync();
    }

    private async Task WorkWhileTheCoordinatorIsGoneArrivesOnceAsync()
    {
        var socket = await SocketAsync("north");
        await Wait.For("the outbox to be drained", async () => (await _demo.JsonAsync("outbox", "list", "--address", socket)).AsArray().Count == 0);
        (await _demo.FindAsync("coordinator", "coordinator")).Kill();

        var atSite = await _demo.JsonAsync("run", "--address", socket, "--host", _machine, "--", "true");
        var id = (string)atSite["id"]!;
        await Wait.For("its outcome to wait", async () =>
            (await _demo.JsonAsync("outbox", "list", "--status", "waiting", "--address", socket)).AsArray().Any(e => (string)e!["kind"]! == "execution" && ((string)e["subject"]!).Contains(id, StringComparison.Ordinal)));
        var entry = (await _demo.JsonAsync("outbox", "list", "--address", socket)).AsArray().First(e => (string)e!["kind"]! == "execution")!;
        var shown = await _demo.JsonAsync("outbox", "show", (string)entry["id"]!, "--address", socket);
        Assert.Equal(id, Convert.ToHexStringLower(Convert.FromBase64String((string)shown["content"]!["execution"]!["report"]!["commandId"]!)));
        Assert.Equal(6, (await _demo.HanseAsync("outbox", "drop", (string)entry["id"]!, "--yes", "--address", socket)).ExitCode);

        (await _demo.UpAsync("--detach")).Succeeded();
        await Wait.For("the outbox to be drained again", async () => (await _demo.JsonAsync("outbox", "list", "--site", "north")).AsArray().Count == 0);
        Assert.Equal("completed", (string)(await _demo.JsonAsync("command", "show", id))["state"]!);
        Assert.Single((await _demo.JsonAsync("audit", "list")).AsArray(), e => (string?)e!["operation"] == "execution.outcome" && (string?)e["commandId"] == id);
        Assert.Equal("online", (string)(await _demo.JsonAsync("site", "show", "north"))["link"]!);
    }

    private async Task HostMovesAndKeepsItsIdAsync()
    {
        var agent = await _demo.FindAsync("agent", "north");
        var host = (string)(await _demo.JsonAsync("host", "show", _machine))["id"]!;
        var program = (await File.ReadAllTextAsync($"/proc/{agent.Pid}/cmdline")).Split('\0')[0];
        agent.Kill();
        var invitation = await _demo.JsonAsync("agent", "invite", "--site", "south");

        await RunAsync(program, ["join", "--data", agent.DataDir], (string)invitation["joinString"]!);
        using var moved = Process.Start(new ProcessStartInfo(program, ["run", "--data", agent.DataDir]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            await Wait.For("the directory to have it at the other site", async () =>
                (await _demo.JsonAsync("host", "search", _machine)).AsArray() is [var only] && (string)only!["site"]! == "south" && (string)only["status"]! == "online");
            Assert.Equal(host, (string)(await _demo.JsonAsync("host", "show", _machine))["id"]!);
            Assert.Equal("completed", (string)(await _demo.JsonAsync("run", "--host", _machine, "--", "true"))["state"]!);
            Assert.Contains((await _demo.JsonAsync("audit", "list")).AsArray(), e => (string?)e!["operation"] == "host.move");
            var north = await SocketAsync("north");
            await Wait.For("the old site to know", async () => (await _demo.JsonAsync("host", "search", "--address", north)).AsArray().Count == 0);
            await Wait.For("no conflict to be left", async () => (await _demo.JsonAsync("host", "conflicts")).AsArray().Count == 0);
        }
        finally
        {
            moved.Kill();
        }
    }

    private async Task SiteLooksBeforeItJoinsAsync()
    {
        var invited = await _demo.JsonAsync("site", "invite", "east", "--external-name", "east.localhost");
        var looked = await _demo.HanseWithAsync((string)invited["joinString"]!, "site", "join", "--check", "--address", await SocketAsync("north"), "-o", "json");

        Assert.Equal(1, looked.ExitCode);
        var checks = JsonNode.Parse(looked.Output)!.AsArray().ToDictionary(c => (string)c!["name"]!, c => (string)c!["outcome"]!);
        Assert.Equal(("failed", "ok", "ok"), (checks["not-joined"], checks["reachability"], checks["token"]));
        (await _demo.HanseAsync("site", "cancel", "east", "--yes")).Succeeded();
    }

    private async Task SiteLeavesAsync()
    {
        var site = await _demo.FindAsync("site", "north");
        var id = (string)(await _demo.JsonAsync("site", "show", "north"))["id"]!;
        var left = await _demo.JsonAsync("site", "leave", "--address", await SocketAsync("north"), "--yes", "--reason", "branch closed");

        Assert.True((bool)left["coordinatorKnows"]!);
        await Wait.For("its process to end", async () => (await _demo.StatusAsync()).All(p => p.Pid != site.Pid || !Directory.Exists($"/proc/{p.Pid}")));
        Assert.False(Directory.Exists(Path.Combine(site.DataDir, "site", "identity")));
        Assert.Contains("has left its federation", await File.ReadAllTextAsync(site.Log), StringComparison.Ordinal);
        Assert.Equal(["south"], (await _demo.JsonAsync("site", "list")).AsArray().Select(s => (string)s!["name"]!));
        Assert.Contains((await _demo.JsonAsync("audit", "list")).AsArray(), e =>
            (string?)e!["operation"] == "site.leave" && (string?)e["siteId"] == id && (string?)e["reason"] == "branch closed");
    }

    private async Task<string> SocketAsync(string site) => $"unix:{(await _demo.FindAsync("site", site)).DataDir}/site.sock";

    private static async Task RunAsync(string program, string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var told = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await Wait.ForTask($"{program} to end", process.WaitForExitAsync());
        Assert.True(process.ExitCode == 0, told);
    }
}

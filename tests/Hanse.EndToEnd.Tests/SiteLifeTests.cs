using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.EndToEnd.Tests;

/// <summary>A site's life after its invitation, with the real programs: regenerate, cancel, suspend, resume, remove.</summary>
[Collection(Demo.OneAtATime)]
public sealed class SiteLifeTests
{
    private readonly Demo _demo = new();
    private readonly string _machine = Environment.MachineName;

    [Fact]
    public async Task A_site_is_invited_suspended_resumed_and_removed()
    {
        await using var demo = _demo;
        (await demo.UpAsync("--detach")).Succeeded();
        await InvitationIsReplacedAndCancelledAsync();
        await SuspendedSiteKeepsWhatItHasToTellAsync();
        await RemovedSiteIsBannedAndItsNameIsFreeAsync();
    }

    private async Task InvitationIsReplacedAndCancelledAsync()
    {
        var first = await _demo.JsonAsync("site", "invite", "east", "--external-name", "east.localhost");
        var second = await _demo.JsonAsync("site", "regenerate", "east");
        Assert.NotEqual((string)first["joinString"]!, (string)second["joinString"]!);
        Assert.Equal(6, (await _demo.HanseAsync("site", "remove", "east", "--yes")).ExitCode);

        (await _demo.HanseAsync("site", "cancel", "east", "--yes")).Succeeded();
        Assert.Equal(["north", "south"], (await _demo.JsonAsync("site", "list")).AsArray().Select(s => (string)s!["name"]!));
        Assert.Equal(6, (await _demo.HanseAsync("site", "cancel", "north", "--yes")).ExitCode);
    }

    private async Task SuspendedSiteKeepsWhatItHasToTellAsync()
    {
        var socket = $"unix:{(await _demo.FindAsync("site", "north")).DataDir}/site.sock";
        (await _demo.HanseAsync("site", "suspend", "north", "--reason", "under investigation")).Succeeded();
        await Wait.For("the site to know that it is suspended", async () => (bool)(await _demo.JsonAsync("status", "--address", socket))["suspended"]!);
        var shown = await _demo.JsonAsync("site", "show", "north");
        Assert.Equal(("suspended", "online", "under investigation"), ((string)shown["status"]!, (string)shown["link"]!, (string)shown["statusReason"]!));

        // The site goes on by itself, and what is ordered at the coordinator waits.
        var atSite = await _demo.JsonAsync("run", "--address", socket, "--host", _machine, "--", "true");
        Assert.Equal("completed", (string)atSite["state"]!);
        var waiting = (await _demo.HanseAsync("run", "--detach", "--host", _machine, "--", "true")).Succeeded().Output.Trim();
        await Wait.For("the site to say that something waits", async () => (long)(await _demo.JsonAsync("site", "show", "north"))["queueDepth"]! > 0);
        Assert.DoesNotContain((await _demo.JsonAsync("command", "list")).AsArray(), c => (string)c!["id"]! == (string)atSite["id"]!);
        Assert.Equal("queued", (string)(await _demo.JsonAsync("command", "show", waiting))["state"]!);

        (await _demo.HanseAsync("site", "resume", "north")).Succeeded();
        await Wait.For("what waited on either side to arrive", async () =>
            await StateAsync((string)atSite["id"]!) == "completed" && await StateAsync(waiting) == "completed");
        Assert.Equal(6, (await _demo.HanseAsync("site", "resume", "north")).ExitCode);
    }

    private async Task RemovedSiteIsBannedAndItsNameIsFreeAsync()
    {
        var before = (string)(await _demo.JsonAsync("site", "show", "north"))["id"]!;
        var socket = $"unix:{(await _demo.FindAsync("site", "north")).DataDir}/site.sock";
        (await _demo.HanseAsync("site", "remove", "north", "--yes", "--reason", "branch closed")).Succeeded();
        Assert.Empty((await _demo.JsonAsync("host", "search", _machine)).AsArray());
        Assert.Equal(["south"], (await _demo.JsonAsync("site", "list")).AsArray().Select(s => (string)s!["name"]!));

        // It is told that it is banned, at each try; it still looks after its hosts.
        await Wait.For("the site to be told", async () => (string?)(await _demo.JsonAsync("status", "--address", socket))["lastError"]?["code"] == "banned");
        Assert.Equal("completed", (string)(await _demo.JsonAsync("run", "--address", socket, "--host", _machine, "--", "true"))["state"]!);

        // The name may be used again, by a site with another id; what the old one did stays in the log.
        (await _demo.HanseAsync("site", "invite", "north", "--external-name", "north.localhost")).Succeeded();
        Assert.NotEqual(before, (string)(await _demo.JsonAsync("site", "show", "north"))["id"]!);
        Assert.Contains((await _demo.JsonAsync("audit", "list")).AsArray(), e => (string?)e!["operation"] == "site.remove" && (string?)e["siteId"] == before);
        Assert.True((bool)(await _demo.JsonAsync("audit", "verify"))["ok"]!);
    }

    private async Task<string> StateAsync(string command)
    {
        var shown = await _demo.HanseAsync("command", "show", command, "-o", "json");
        return shown.ExitCode == 0 ? (string)JsonNode.Parse(shown.Output)!["state"]! : "";
    }
}

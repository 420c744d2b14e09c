using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.EndToEnd.Tests;

/// <summary>Loss with the real programs (U4–U6): a coordinator restored from an older backup and from keys alone, a site restored from an older backup, and
/// everything that a restore must refuse.</summary>
[Collection(Demo.OneAtATime)]
public sealed class BackupTests
{
    private const string Passphrase = "a passphrase for tests";
    private readonly Demo _demo = new();
    private readonly string _machine = Environment.MachineName;

    [Fact]
    public async Task Coordinator_and_site_come_back_from_their_backups_with_what_the_others_hold()
    {
        await using var demo = _demo;
        (await demo.UpAsync("--detach")).Succeeded();
        var coordinator = await demo.FindAsync("coordinator", "coordinator");
        var before = await RunAsync();
        var backup = await BackUpAsync("hq.hanse", coordinator.DataDir, "coordinator");
        var keys = await BackUpAsync("keys.hanse", coordinator.DataDir, "coordinator", "--keys-only");
        await WhatARestoreRefusesAsync(backup, coordinator.DataDir);

        // What the backup does not have: a command and its outcome, which the sites do.
        var after = await RunAsync();
        var local = (string)(await demo.JsonAsync("run", "--address", await SocketAsync("north"), "--host", _machine, "--", "true"))["id"]!;
        await Wait.For("the local command to be told", async () => await StateAsync(local) == "completed");
        await OlderBackupAsync(backup, coordinator.DataDir, before, after, local);
        await SiteAsync();
        await KeysAloneAsync(keys, coordinator.DataDir);
    }

    private async Task WhatARestoreRefusesAsync(string backup, string dataDir)
    {
        var running = await _demo.HanseWithAsync(Passphrase, "backup", "restore", backup, "--data-dir", dataDir, "--replace");
        Assert.Equal((6, true), (running.ExitCode, running.Error.Contains("running", StringComparison.Ordinal)));
        Assert.Equal(2, (await _demo.HanseWithAsync("short", "backup", "create", _demo.File("none"), "--data-dir", dataDir, "--role", "coordinator")).ExitCode);
        Assert.False(File.Exists(_demo.File("none")));

        var wrong = await _demo.HanseWithAsync("another passphrase", "backup", "verify", backup);
        Assert.Equal((4, true), (wrong.ExitCode, wrong.Error.Contains("passphrase-wrong", StringComparison.Ordinal)));
        var cut = _demo.File("cut.hanse");
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(backup))[..^1000]);
        var cutShort = await _demo.HanseWithAsync(Passphrase, "backup", "verify", cut);
        Assert.Equal((1, true), (cutShort.ExitCode, cutShort.Error.Contains("backup-cut-short", StringComparison.Ordinal)));

        var sound = await _demo.HanseWithAsync(Passphrase, "backup", "verify", backup, "--data-dir", dataDir, "-o", "json");
        sound.Succeeded();
        Assert.True((bool)JsonNode.Parse(sound.Output)!["reported"]!, sound.Error);
        Assert.Single((await _demo.JsonAsync("backup", "list")).AsArray(), b => b!["verifiedAt"] is not null);

        // A site's data is no place for a coordinator's backup, nor is another's.
        var site = await _demo.FindAsync("site", "south");
        await StopAsync(site);
        var foreign = await BackUpAsync("north.hanse", (await _demo.FindAsync("site", "north")).DataDir, "site");
        var over = await _demo.HanseWithAsync(Passphrase, "backup", "restore", foreign, "--data-dir", site.DataDir, "--replace");
        Assert.Equal((6, true), (over.ExitCode, over.Error.Contains("backup-of-another", StringComparison.Ordinal)));
        (await _demo.UpAsync("--detach")).Succeeded();
        await Wait.For("the site that was refused a foreign backup to be online", async () => await LinkAsync("south") == "online");
    }

    private async Task OlderBackupAsync(string backup, string dataDir, string before, string after, string local)
    {
        await LoseAsync(await _demo.FindAsync("coordinator", "coordinator"));
        (await _demo.HanseWithAsync(Passphrase, "backup", "restore", backup, "--data-dir", dataDir)).Succeeded();
        (await _demo.UpAsync("--detach")).Succeeded();

        // No work until it has asked its sites.
        Assert.Equal(7, (await _demo.HanseAsync("run", "--detach", "--host", _machine, "--", "true")).ExitCode);
        await Wait.For("both sites to have told what they hold", async () =>
            (await _demo.JsonAsync("recovery", "show"))["sites"]!.AsArray().Count(s => (string)s!["state"]! == "recovered") == 2);
        await Wait.For("outcomes that only the site still had", async () => await StateAsync(after) == "completed" && await StateAsync(local) == "completed");
        Assert.Equal("completed", await StateAsync(before));
        await Wait.For("the host's directory row", async () => (await _demo.JsonAsync("host", "search", _machine)).AsArray().Any(h => (string)h!["status"]! == "online"));

        // The sites have seen more of the audit log than there is; only a name lets it go on.
        await Wait.For("the sites to contradict the log", async () => (await _demo.HanseAsync("status")).ExitCode == 1);
        Assert.Equal(6, (await _demo.HanseAsync("recovery", "finish")).ExitCode);
        var recovered = await _demo.JsonAsync("audit", "recover", "--yes", "--reason", "restored from a backup");
        Assert.True((long)recovered["lostEntries"]! > 0);
        await Wait.For("the sites to follow", async () => (await _demo.HanseAsync("status")).ExitCode == 0);
        (await _demo.HanseAsync("recovery", "finish")).Succeeded();
        Assert.Equal("completed", await StateAsync(await RunAsync()));
        Assert.Contains((await _demo.JsonAsync("audit", "list")).AsArray(), e => (string?)e!["operation"] == "recovery.finish");
    }

    private async Task SiteAsync()
    {
        var site = await _demo.FindAsync("site", "north");
        var backup = await BackUpAsync("north-2.hanse", site.DataDir, "site");
        var later = (string)(await _demo.JsonAsync("run", "--address", await SocketAsync("north"), "--host", _machine, "--", "true"))["id"]!;
        await Wait.For("what came after the backup to be told", async () => await StateAsync(later) == "completed");
        (await _demo.HanseAsync("audit", "verify", "--address", await SocketAsync("north"))).Succeeded(); // the coordinator has seen the log as it is now
        await LoseAsync(site);
        (await _demo.HanseWithAsync(Passphrase, "backup", "restore", backup, "--data-dir", site.DataDir)).Succeeded();
        (await _demo.UpAsync("--detach")).Succeeded();
        await Wait.For("the restored site and its agent to be online", async () => await LinkAsync("north") == "online"
            && (await _demo.JsonAsync("host", "search", _machine)).AsArray().Any(h => (string)h!["status"]! == "online"));

        // The coordinator has seen more of the site's log than there is, until somebody with a name lets it go on.
        await Wait.For("the coordinator to contradict the site's log", async () => (await _demo.HanseAsync("status")).Output.Contains("the log of site north", StringComparison.Ordinal));
        var recovered = await _demo.JsonAsync("audit", "recover", "--site", "north", "--yes", "--reason", "restored from a backup");
        Assert.True((long)recovered["lostEntries"]! > 0);
        await Wait.For("the coordinator to follow", async () => (await _demo.HanseAsync("status")).ExitCode == 0);
        Assert.Equal("completed", await StateAsync(await RunAsync()));
        Assert.Equal("completed", await StateAsync(later));
    }

    private async Task KeysAloneAsync(string keys, string dataDir)
    {
        var known = (await _demo.JsonAsync("site", "list")).AsArray().ToDictionary(s => (string)s!["id"]!, s => (string)s!["name"]!);
        await LoseAsync(await _demo.FindAsync("coordinator", "coordinator"));
        (await _demo.HanseWithAsync(Passphrase, "backup", "restore", keys, "--data-dir", dataDir)).Succeeded();
        // It starts the coordinator, and is refused when it wants to invite the sites that the empty registry does not name.
        Assert.Contains("hanse recovery show", (await _demo.UpAsync("--detach")).Error, StringComparison.Ordinal);
        var socket = $"unix:{dataDir}/coordinator.sock";
        var ids = new List<string>();
        await Wait.For("both sites to wait for a decision", async () =>
        {
            var sites = (await _demo.JsonAsync("recovery", "show", "--address", socket))["sites"]!.AsArray();
            ids = [.. sites.Where(s => (string)s!["state"]! == "unknown").Select(s => (string)s!["id"]!)];
            return ids.Count == 2;
        });
        Assert.Equal(known.Keys.Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
        foreach (var id in ids)
        {
            (await _demo.HanseAsync("recovery", "accept", id, "--name", known[id], "--address", socket)).Succeeded();
        }

        await Wait.For("the sites to have told what they hold", async () =>
            (await _demo.JsonAsync("recovery", "show", "--address", socket))["sites"]!.AsArray().All(s => (string)s!["state"]! == "recovered"));
        await Wait.For("the directory to be filled", async () =>
            (await _demo.JsonAsync("host", "search", _machine, "--address", socket)).AsArray().Any(h => (string)h!["status"]! == "online"));
        (await _demo.HanseAsync("recovery", "finish", "--force", "--address", socket)).Succeeded();
        var ran = await _demo.JsonAsync("run", "--address", socket, "--host", _machine, "--", "true");
        Assert.Equal("completed", (string)ran["state"]!);
    }

    private async Task<string> BackUpAsync(string name, string dataDir, string role, params string[] more)
    {
        var file = _demo.File(name);
        (await _demo.HanseWithAsync(Passphrase, ["backup", "create", file, "--data-dir", dataDir, "--role", role, .. more])).Succeeded();
        return file;
    }

    /// <summary>Server and disk are gone.</summary>
    private async Task LoseAsync(DemoProcess server)
    {
        await StopAsync(server);
        Directory.Delete(server.DataDir, recursive: true);
    }

    private async Task StopAsync(DemoProcess server)
    {
        var postgres = (await _demo.StatusAsync()).Single(p => p.Role == "postgresql" && p.DataDir.StartsWith(server.DataDir + "/", StringComparison.Ordinal));
        server.Kill();
        postgres.Kill();
        await Wait.For($"{server.Name} to be gone", async () => !(await _demo.StatusAsync()).Any(p => p.Pid == server.Pid || p.Pid == postgres.Pid));
    }

    private async Task<string> RunAsync() => (string)(await _demo.JsonAsync("run", "--host", _machine, "--", "true"))["id"]!;

    private async Task<string> StateAsync(string command)
    {
        var shown = await _demo.HanseAsync("command", "show", command, "-o", "json");
        return shown.ExitCode == 0 ? (string)JsonNode.Parse(shown.Output)!["state"]! : "";
    }

    private async Task<string> LinkAsync(string site) => (string)(await _demo.JsonAsync("site", "show", site))["link"]!;

    private async Task<string> SocketAsync(string site) => $"unix:{(await _demo.FindAsync("site", site)).DataDir}/site.sock";
}

using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json.Nodes;
using Hanse.TestKit;
using Npgsql;

namespace Hanse.EndToEnd.Tests;

/// <summary>The first half hour of a new user, with the real programs: two commands bring a federation up, and every promise of the README is tried once.</summary>
[Collection(Demo.OneAtATime)]
public sealed class WalkTests
{
    private readonly Demo _demo = new();
    private readonly string _machine = Environment.MachineName;

    [Fact]
    public async Task A_new_user_walks_through_the_federation()
    {
        await using var demo = _demo;
        await UpShowsThePasswordOnceAsync();
        await TwoSitesAreOnlineAsync();
        await ThisMachineIsFoundAsync();
        await PackagesAreThoseOfDpkgAsync();
        await RunPrintsThisKernelAsync();
        await ViewerSeesButDoesNotActAsync();
        await SiteWorksWithoutCoordinatorAsync();
        await KilledAgentLeavesNoProcessAsync();
        await AuditNoticesOneByteAsync();
        await StopLeavesNothingAsync();
    }

    [Fact]
    public async Task Two_federations_run_at_once_and_an_ended_one_comes_back_as_it_was()
    {
        await using var demo = _demo;
        await using var other = new Demo();
        (await demo.UpAsync("--detach", "--sites", "1")).Succeeded();
        (await other.UpAsync("--detach", "--sites", "1")).Succeeded();
        Assert.Empty((await demo.StatusAsync()).Select(p => p.Address).Where(a => a.Length > 0).Intersect((await other.StatusAsync()).Select(p => p.Address)));

        (await demo.UpAsync("--stop")).Succeeded();
        Assert.Empty(demo.Living());
        Assert.Equal(5, (await other.StatusAsync()).Count);

        // The same folder again: the same host, under the same id, and nobody is asked for anything.
        (await demo.UpAsync("--detach")).Succeeded();
        Assert.Equal("1", Text((await demo.JsonAsync("status"))["hostCount"]));
    }

    private async Task UpShowsThePasswordOnceAsync()
    {
        var up = (await _demo.UpAsync("--detach")).Succeeded();
        Assert.Contains("Password: ", up.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Password: ", (await _demo.UpAsync("--detach")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(
            ["agent north", "coordinator coordinator", "postgresql coordinator", "postgresql site-north", "postgresql site-south", "site north", "site south"],
            (await _demo.StatusAsync()).Select(p => $"{p.Role} {p.Name}").Order(StringComparer.Ordinal));
    }

    private async Task TwoSitesAreOnlineAsync()
    {
        var sites = (await _demo.JsonAsync("site", "list")).AsArray();
        Assert.Equal(["north enrolled online", "south enrolled online"], sites.Select(s => $"{s!["name"]} {s["status"]} {s["link"]}"));
    }

    private async Task ThisMachineIsFoundAsync()
    {
        var host = Assert.Single((await _demo.JsonAsync("host", "search", _machine)).AsArray())!;
        Assert.Equal((_machine, "north", "online"), (Text(host["hostname"]), Text(host["site"]), Text(host["status"])));
        Assert.Contains(OsId(), Text(host["os"]), StringComparison.OrdinalIgnoreCase);
        var told = host["addresses"]!.AsArray().Select(a => IPAddress.Parse(Text(a))).ToList();
        Assert.NotEmpty(told);
        Assert.Empty(told.Except(ThisMachinesAddresses()));
    }

    private async Task PackagesAreThoseOfDpkgAsync()
    {
        var told = (await _demo.JsonAsync("host", "show", _machine, "--section", "packages")).AsArray()
            .Select(p => $"{p!["name"]} {p["version"]} {p["architecture"]}").Order(StringComparer.Ordinal);
        using var dpkg = Process.Start(new ProcessStartInfo("dpkg-query", ["-W", "-f", "${Package} ${Version} ${Architecture}\n"]) { RedirectStandardOutput = true })!;
        var real = (await dpkg.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        Assert.Equal(real, told);
        (await _demo.HanseAsync("host", "refresh", _machine, "--section", "packages")).Succeeded();
        var mistyped = await _demo.HanseAsync("host", "refresh", _machine, "--section", "pakages");
        Assert.Equal((3, true), (mistyped.ExitCode, mistyped.Error.Contains("pakages", StringComparison.Ordinal)));
    }

    private async Task RunPrintsThisKernelAsync()
    {
        var run = (await _demo.HanseAsync("run", "--host", _machine, "--", "uname", "-a")).Succeeded();
        Assert.Contains((await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim(), run.Output, StringComparison.Ordinal);
        var failed = await _demo.HanseAsync("run", "--host", _machine, "--", "sh", "-c", "echo no >&2; exit 3");
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains("no", failed.Output + failed.Error, StringComparison.Ordinal);
    }

    private async Task ViewerSeesButDoesNotActAsync()
    {
        var address = (await _demo.FindAsync("coordinator", "coordinator")).Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        var pin = Text((await _demo.JsonAsync("status"))["rootPins"]![0]);
        var password = (await _demo.HanseAsync("user", "add", "vera")).Succeeded().Output.Trim();
        var profile = Path.Combine(_demo.Data, "vera.yaml");
        (await _demo.HanseWithAsync(password, "login", address, "--user", "vera", "--pin", pin, "--profile", profile)).Succeeded();

        Assert.Equal(2, (await _demo.JsonAsync("site", "list", "--profile", profile)).AsArray().Count);
        var refused = await _demo.HanseAsync("run", "--profile", profile, "--host", _machine, "--", "true");
        Assert.Equal(4, refused.ExitCode);

        var token = (await _demo.HanseAsync("token", "create", "robot", "--profile", profile)).Succeeded().Output.Trim();
        var robot = Path.Combine(_demo.Data, "robot.yaml");
        (await _demo.HanseWithAsync(token, "login", address, "--token", "--pin", pin, "--profile", robot)).Succeeded();
        (await _demo.HanseAsync("token", "revoke", "robot", "--profile", profile)).Succeeded();
        Assert.Equal(4, (await _demo.HanseAsync("site", "list", "--profile", robot)).ExitCode);

        (await _demo.HanseAsync("logout", "--profile", profile)).Succeeded();
        Assert.Equal(4, (await _demo.HanseAsync("site", "list", "--profile", profile)).ExitCode);
    }

    /// <summary>With the coordinator killed a command at the site runs once, and the coordinator has its result once when it is back (invariants 1 to 3).</summary>
    private async Task SiteWorksWithoutCoordinatorAsync()
    {
        var before = await _demo.StatusAsync();
        var site = before.Single(p => p.Role == "site" && p.Name == "north");
        before.Single(p => p.Role == "coordinator").Kill();
        var trace = Path.Combine(site.DataDir, "trace-of-the-walk");

        var atSite = await _demo.JsonAsync("run", "--address", $"unix:{site.DataDir}/site.sock", "--host", _machine, "--", "sh", "-c", $"echo ran >> {trace}; echo at the site");
        Assert.Equal(("completed", "at the site\n"), (Text(atSite["state"]), Text(atSite["executions"]![0]!["stdout"])));

        (await _demo.UpAsync("--detach")).Succeeded();
        var id = Text(atSite["id"]);
        await Wait.For("the coordinator to have the result", async () =>
            (await _demo.JsonAsync("command", "list")).AsArray().Any(c => Text(c!["id"]) == id && Text(c["state"]) == "completed"));
        Assert.Single((await _demo.JsonAsync("command", "list")).AsArray(), c => Text(c!["id"]) == id);
        var execution = Assert.Single((await _demo.JsonAsync("command", "show", id))["executions"]!.AsArray())!;
        Assert.Equal((_machine, "succeeded", "at the site\n"), (Text(execution["host"]), Text(execution["state"]), Text(execution["stdout"])));
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(trace));
        Assert.Single((await _demo.JsonAsync("audit", "list")).AsArray(), e => Text(e!["operation"]) == "execution.outcome" && Text(e["commandId"]) == id);

        // Only what was missing was started.
        var kept = before.Where(p => p.Role != "coordinator").Select(p => p.Pid);
        Assert.Empty(kept.Except((await _demo.StatusAsync()).Select(p => p.Pid)));
    }

    private async Task KilledAgentLeavesNoProcessAsync()
    {
        var agent = await _demo.FindAsync("agent", "north");
        var id = (await _demo.HanseAsync("run", "--detach", "--host", _machine, "--", "sh", "-c", "echo begun; sleep 600 & sleep 600")).Succeeded().Output.Trim();
        await Wait.For("the script to run", async () =>
            Demo.OfExecution(id).Count >= 3 && Text((await _demo.JsonAsync("command", "show", id))["executions"]![0]!["state"]) == "running");

        agent.Kill();
        await Wait.For("the script and its child to be gone", () => Demo.OfExecution(id).Count == 0);

        (await _demo.UpAsync("--detach")).Succeeded();
        JsonNode? execution = null;
        await Wait.For("the outcome at the coordinator", async () =>
            Text((execution = (await _demo.JsonAsync("command", "show", id))["executions"]![0]!)["state"]) != "running");
        Assert.Equal(("failed", "agent-restarted"), (Text(execution!["state"]), Text(execution["reason"])));
    }

    private async Task AuditNoticesOneByteAsync()
    {
        var sound = await _demo.JsonAsync("audit", "verify");
        Assert.True((bool)sound["ok"]!);
        Assert.True((long)sound["entries"]! > 5);

        var socket = (await _demo.FindAsync("postgresql", "coordinator")).Address;
        await using (var database = NpgsqlDataSource.Create($"Host={socket};Username=hanse;Database=coordinator"))
        {
            await using var change = database.CreateCommand("update audit_entry set bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) where seq = 3");
            Assert.Equal(1, await change.ExecuteNonQueryAsync());
        }

        var broken = await _demo.HanseAsync("audit", "verify", "-o", "json");
        Assert.NotEqual(0, broken.ExitCode);
        var verdict = JsonNode.Parse(broken.Output)!;
        Assert.Equal((false, 3L), ((bool)verdict["ok"]!, (long)verdict["firstBad"]!));
    }

    private async Task StopLeavesNothingAsync()
    {
        Assert.NotEmpty(_demo.Living());
        (await _demo.UpAsync("--stop")).Succeeded();
        Assert.Empty(_demo.Living());
        Assert.Empty(await _demo.StatusAsync());
    }

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    private static string OsId() =>
        File.ReadLines("/etc/os-release").First(l => l.StartsWith("ID=", StringComparison.Ordinal))["ID=".Length..].Trim('"');

    private static IEnumerable<IPAddress> ThisMachinesAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => new IPAddress(a.Address.GetAddressBytes()));
}

using System.Text.Json.Nodes;
using Hanse.Protocol.Audit;
using Hanse.TestKit;
using Npgsql;

namespace Hanse.EndToEnd.Tests;

/// <summary>A1–A4 with the real programs: proofs and exports that need no server, and a log rewritten in the database by somebody who makes everything fit,
/// which the sites notice and say at once, until an administrator lets it go on for all to see.</summary>
[Collection(Demo.OneAtATime)]
public sealed class AuditTests
{
    private readonly Demo _demo = new();
    private readonly string _machine = Environment.MachineName;

    [Fact]
    public async Task Logs_are_proved_offline_cosigned_both_ways_found_rewritten_and_recovered()
    {
        await using var demo = _demo;
        (await demo.UpAsync("--detach")).Succeeded();
        for (var i = 0; i < 3; i++)
        {
            (await demo.HanseAsync("run", "--host", _machine, "--", "true")).Succeeded();
        }

        await BothSitesCosignAsync();
        await ProofsAndExportsNeedNoServerAsync();
        await SiteHasALogOfItsOwnAsync();
        await RewrittenLogIsFoundOutAsync();
        await RecoveredLogGoesOnAsync();
    }

    private async Task BothSitesCosignAsync()
    {
        JsonNode found = new JsonObject();
        await Wait.For("both sites to cosign", async () => (found = await _demo.JsonAsync("audit", "verify"))["checkpoint"]?["signers"]?.AsArray().Count == 3);
        Assert.True((bool)found["ok"]!);
        Assert.True((bool)(await _demo.JsonAsync("status"))["auditOk"]!);
        Assert.Equal(3, (await _demo.JsonAsync("audit", "checkpoints"))[0]!["signers"]!.AsArray().Count);
    }

    private async Task ProofsAndExportsNeedNoServerAsync()
    {
        var issued = (await _demo.JsonAsync("audit", "list", "--operation", "command.issue", "--host", _machine)).AsArray();
        Assert.Equal(3, issued.Count);
        Assert.Empty((await _demo.JsonAsync("audit", "list", "--site", "south", "--operation", "command.issue")).AsArray());
        Assert.Empty((await _demo.JsonAsync("audit", "list", "--until", "24h")).AsArray());
        var (proof, export, csv) = (_demo.File("proof.json"), _demo.File("audit.jsonl"), _demo.File("audit.csv"));
        (await _demo.HanseAsync("audit", "prove", $"{issued[0]!["seq"]}", "--file", proof)).Succeeded();
        (await _demo.HanseAsync("audit", "export", "--file", export)).Succeeded();
        (await _demo.HanseAsync("audit", "export", "--format", "csv", "--operation", "command", "--file", csv)).Succeeded();
        Assert.Equal(4, (await File.ReadAllLinesAsync(csv)).Length);

        // No server is asked: roots come from the profile.
        (await _demo.HanseAsync("audit", "verify", "--proof", proof)).Succeeded();
        var whole = await _demo.JsonAsync("audit", "verify", "--export", export);
        Assert.True((bool)whole["ok"]!);
        Assert.Equal((long)whole["entries"]!, (long)whole["logs"]![0]!["cosigned"]!);

        await File.WriteAllTextAsync(proof, (await File.ReadAllTextAsync(proof)).Replace("command.issue", "command.isque", StringComparison.Ordinal));
        Assert.Equal(1, (await _demo.HanseAsync("audit", "verify", "--proof", proof)).ExitCode);
        var lines = await File.ReadAllLinesAsync(export);
        await File.WriteAllLinesAsync(export, lines[..^2]);
        Assert.Equal(1, (await _demo.HanseAsync("audit", "verify", "--export", export)).ExitCode);
    }

    private async Task SiteHasALogOfItsOwnAsync()
    {
        var socket = await SocketAsync("north");
        (await _demo.HanseAsync("run", "--address", socket, "--host", _machine, "--", "true")).Succeeded();
        JsonNode found = new JsonObject();
        await Wait.For("the coordinator to cosign the site's log", async () =>
            (found = await _demo.JsonAsync("audit", "verify", "--address", socket))["checkpoint"]?["signers"]?.AsArray().Count == 2);
        Assert.True((bool)found["ok"]!);
        var done = (await _demo.JsonAsync("audit", "list", "--address", socket)).AsArray().Select(e => (string)e!["operation"]!).ToList();
        Assert.Equal(["command.issue", "command.take", "host.join", "site.join"], done.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>One entry says something else now, and each hash, subtree, count and checkpoint in the database fits it.</summary>
    private async Task RewrittenLogIsFoundOutAsync()
    {
        var socket = (await _demo.FindAsync("postgresql", "coordinator")).Address;
        await using (var database = NpgsqlDataSource.Create($"Host={socket};Username=hanse;Database=coordinator"))
        {
            await ForgeAsync(database);
        }

        JsonNode seen = new JsonObject();
        foreach (var name in new[] { "north", "south" })
        {
            var site = await SocketAsync(name);
            await Wait.For($"site {name} to say so", async () => (await _demo.HanseAsync("status", "--address", site)).ExitCode == 1);
            seen = await _demo.JsonOfAsync("audit", "witnesses", "--address", site);
            Assert.Equal("conflict", (string)seen["breaks"]![0]!["kind"]!);
        }

        var status = await _demo.HanseAsync("status");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains("site north", status.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await _demo.HanseAsync("audit", "verify")).ExitCode);
        await Wait.For("the alert of a site in the coordinator's own log", async () =>
            (await _demo.JsonAsync("audit", "list")).AsArray().Any(e => (string)e!["operation"]! == "audit.conflict"));
    }

    private async Task RecoveredLogGoesOnAsync()
    {
        var refused = await _demo.HanseAsync("audit", "recover", "--yes", "--reason", "found rewritten", "--address", $"unix:{(await _demo.FindAsync("coordinator", "coordinator")).DataDir}/coordinator.sock");
        Assert.Equal(4, refused.ExitCode);
        var done = await _demo.JsonAsync("audit", "recover", "--yes", "--reason", "found rewritten");
        Assert.Equal(2, done["contradicted"]!.AsArray().Count);
        await Wait.For("both sites to follow", async () => (await _demo.HanseAsync("status")).ExitCode == 0 && (await _demo.HanseAsync("audit", "verify")).ExitCode == 0);

        var first = (await _demo.JsonAsync("audit", "list", "--operation", "audit.recover"))[0]!;
        Assert.Equal((1L, "found rewritten", "admin"), ((long)first["seq"]!, (string)first["reason"]!, (string)first["actor"]!));
        var seen = await _demo.JsonAsync("audit", "witnesses", "--address", await SocketAsync("north"));
        Assert.Equal(["recovered", "conflict"], seen["breaks"]!.AsArray().Select(b => (string)b!["kind"]!));
        Assert.Equal(2, seen["held"]!.AsArray().Count);
        Assert.Equal(6, (await _demo.HanseAsync("audit", "recover", "--yes", "--reason", "again")).ExitCode);
    }

    private static async Task ForgeAsync(NpgsqlDataSource database)
    {
        await using var change = database.CreateCommand("""
            update audit_entry set actor = 'nobody', bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '"actor":"admin"', '"actor":"nobody"'), 'UTF8')
            where operation = 'command.issue' and log = 1;
            update audit_entry set leaf_hash = sha256('\x00'::bytea || bytes);
            truncate audit_node, audit_checkpoint, audit_cosignature
            """);
        Assert.NotEqual(0, await change.ExecuteNonQueryAsync());
        var frontier = MerkleFrontier.Empty;
        await using (var select = database.CreateCommand("select leaf_hash from audit_entry order by seq"))
        await using (var leaves = await select.ExecuteReaderAsync())
        {
            while (await leaves.ReadAsync())
            {
                frontier = frontier.Append((byte[])leaves.GetValue(0));
            }
        }

        await using var head = database.CreateCommand("update audit_log set frontier = $1, entry_count = $2");
        head.Parameters.AddWithValue(frontier.ToBytes());
        head.Parameters.AddWithValue((long)frontier.Count);
        Assert.Equal(1, await head.ExecuteNonQueryAsync());
    }

    private async Task<string> SocketAsync(string site) => $"unix:{(await _demo.FindAsync("site", site)).DataDir}/site.sock";
}

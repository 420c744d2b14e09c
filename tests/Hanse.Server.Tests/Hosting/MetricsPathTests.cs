using System.Text.Json;
using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>What a host is doing, with the real programs: straight to its site, through a gateway, past a gateway that lets no datagram by, and over a restart.</summary>
public sealed class MetricsPathTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Given_a_real_agent_When_its_way_to_the_site_changes_Then_its_metrics_find_it()
    {
        await using var server = new RealServer("site:", "  metricsInterval: 1s");
        await server.StartAsync();
        var data = await JoinAsync(server);
        var first = await ReadAsync(server, data, "datagram", "agent to site");
        Assert.True(first.GetProperty("memoryUsed").GetInt64() > 0 && first.GetProperty("processes").GetArrayLength() > 0, first.ToString());

        // Through a gateway: the agent knows no other address when it starts, and stays there.
        var door = RealProcess.FreePort();
        var routes = Path.Combine(server.Folder, "routes.yaml");
        var site = (await RealServer.TryAsync(server.Coordinator, "sites"))!.Value.GetProperty("items")[0].GetProperty("id").GetString();
        var route = $"routes:\n  - {{ name: main, default: true, addresses: '127.0.0.1:{server.Port + 1}'";
        await File.WriteAllTextAsync(routes, $"{route}, siteId: {site}, proxyProtocol: false }}\n");
        await using var gateway = RealProcess.Start(RealProcess.Program("hanse-gateway"), "run", "--routes", routes, "--listen", $"127.0.0.1:{door}");
        await Point(data, door);
        await ReadAsync(server, data, "datagram", "agent to gateway to site", gateway, door);

        // The same gateway, where only TCP passes.
        await File.WriteAllTextAsync(routes, route + " }\n");
        await Point(data, door);
        await using (var agent = Run(data))
        {
            await PathAsync(server, "datagram", agent, gateway);
            await HangUpAsync(gateway);
            await PathAsync(server, "link", agent, gateway);

            // The site comes back with what it knew, and the agent to it.
            var before = await MetricsAsync(server);
            await server.Process.StopAsync();
            await server.StartAsync();
            await Wait.For("samples from before and after the restart", async () => await MetricsAsync(server) is { } after && Count(after) > Count(before!.Value),
                Long, () => agent.Output + server.Process.Output);
        }
    }

    private static long Count(JsonElement metrics) => metrics.GetProperty("points").EnumerateArray().Sum(p => p.GetProperty("samples").GetInt64());

    private static async Task<string> JoinAsync(RealServer server)
    {
        var data = Path.Combine(server.Folder, "agent");
        var (status, invited) = await RealServer.PostAsync(server.Coordinator, "agents/invitations", new { site = "main" });
        Assert.True(status == 200, invited.ToString());
        var (code, said) = await RealProcess.RunAsync(RealProcess.Program("hanse-agent"), invited.GetProperty("joinString").GetString()!, "join", "--data", data);
        Assert.True(code == 0, said);
        return data;
    }

    private static RealProcess Run(string data) => RealProcess.Start(RealProcess.Program("hanse-agent"), "run", "--data", data);

    private static async Task<JsonElement> ReadAsync(RealServer server, string data, string path, string way, RealProcess? gateway = null, int? door = null)
    {
        await using var agent = Run(data);
        var since = TimeProvider.System.GetUtcNow();
        var last = default(JsonElement);
        await Wait.For($"two samples by {path}, {way}", async () =>
        {
            last = await LastAsync(server) ?? default;
            return last.ValueKind == JsonValueKind.Object && last.GetProperty("path").GetString() == path && last.GetProperty("at").GetDateTimeOffset() > since.AddSeconds(1)
                && last.GetProperty("processes").GetArrayLength() > 0;
        }, Long, () => $"{last}\n{agent.Output}\n{gateway?.Output}\n{server.Process.Output}");
        Assert.True(door is null || agent.Output.Contains($"\"address\":\"127.0.0.1:{door}\"", StringComparison.Ordinal), agent.Output);
        return last;
    }

    private static Task PathAsync(RealServer server, string path, RealProcess agent, RealProcess gateway)
    {
        var since = TimeProvider.System.GetUtcNow();
        return Wait.For($"new samples by {path}", async () =>
            await LastAsync(server) is { } last && last.GetProperty("path").GetString() == path && last.GetProperty("at").GetDateTimeOffset() > since,
            Long, () => agent.Output + gateway.Output);
    }

    private static async Task<JsonElement?> LastAsync(RealServer server) =>
        await MetricsAsync(server) is { } metrics && metrics.GetProperty("last") is { ValueKind: JsonValueKind.Object } last ? last : null;

    private static async Task<JsonElement?> MetricsAsync(RealServer server) =>
        await RealServer.TryAsync(server.Coordinator, "hosts") is { } hosts && hosts.GetProperty("items").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } host
            ? await RealServer.TryAsync(server.Coordinator, $"hosts/{host.GetProperty("id").GetString()}/metrics")
            : null;

    /// <summary>The agent's record of its site, with another address, and without what the site told it of its own.</summary>
    private static async Task Point(string data, int port)
    {
        var path = Path.Combine(data, "site.json");
        var record = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        record["addresses"] = new JsonArray($"127.0.0.1:{port}");
        await File.WriteAllTextAsync(path, record.ToJsonString());
        File.Delete(Path.Combine(data, "paths.json"));
    }

    private static async Task HangUpAsync(RealProcess process)
    {
        var before = process.Output.Split("routes-changed").Length;
        using var kill = System.Diagnostics.Process.Start("kill", ["-HUP", process.Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await Wait.For("the routes to be read again", () => process.Output.Split("routes-changed").Length > before, found: () => process.Output);
    }
}

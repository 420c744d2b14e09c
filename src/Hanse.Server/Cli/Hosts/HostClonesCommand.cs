using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

/// <summary>Machines that showed a key whose holder was already here (J5). Each address is in the audit log once, at its site and at the coordinator, so
/// the same question serves both.</summary>
internal static class HostClonesCommand
{
    public static Command Build(CliContext cli)
    {
        var limit = new Option<int>("--limit") { Description = "Most entries to print, newest first.", DefaultValueFactory = _ => 100, HelpName = "N" };
        var command = new CliCommand("clones",
            "Lists machines that were kept out because another one holds their key: copies of a disk or a snapshot. On the copy run: hanse-agent reset, then join again.",
            "hanse host clones", "hanse host clones -o json | jq '.[].address'") { limit };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var clones = new JsonArray();
            foreach (var entry in (await api.ListAsync("/audit?operation=host.quarantine", parsed.GetValue(limit), cancellation)).OfType<JsonObject>())
            {
                clones.Add(await CloneAsync(api, entry, cancellation));
            }

            CliOutput.List(parsed, cli, clones, ("hostname", c => c.Text("hostname")), ("address", c => c.Text("address")), ("first", c => c.Instant("at")),
                ("host", c => c.Text("host")), ("entry", c => c.Text("auditSeq")));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<JsonObject> CloneAsync(ApiClient api, JsonObject entry, CancellationToken cancellation)
    {
        var host = (string?)(await api.GetAsync($"/audit/{entry.Text("seq")}", cancellation))["hostIds"]?.AsArray().FirstOrDefault() ?? "";
        var detail = entry["detail"] as JsonObject;
        return new()
        {
            ["host"] = host, ["hostname"] = await HostnameAsync(api, host, cancellation), ["siteId"] = entry["siteId"]?.DeepClone(),
            ["address"] = entry.Text("sourceAddress") is { Length: > 0 } seen ? seen : AddressOf(detail?.Text("detail")),
            ["at"] = detail?.Text("occurredAt") is { Length: > 0 } told ? told : entry.Text("time"), ["auditSeq"] = entry["seq"]?.DeepClone(),
        };
    }

    /// <summary>Null when the host is gone by now.</summary>
    private static async Task<string?> HostnameAsync(ApiClient api, string host, CancellationToken cancellation)
    {
        try
        {
            return (await api.GetAsync($"/hosts/{host}", cancellation)).Text("hostname");
        }
        catch (CliException gone) when (gone.ExitCode == ExitCodes.NotFound)
        {
            return null;
        }
    }

    // What a site told stands in its entry as it was told, as JSON.
    private static string AddressOf(string? told)
    {
        try
        {
            return string.IsNullOrEmpty(told) ? "" : (JsonNode.Parse(told) as JsonObject)?.Text("address") ?? "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Gateways;

internal static class GatewayShowCommand
{
    public static Command Build(CliContext cli)
    {
        var gateway = new Argument<string>("GATEWAY") { Description = "Name or id." };
        var command = new CliCommand("show", "Shows one gateway and what it counted since it started, in all and by route.",
            "hanse gateway show door", "hanse gateway show door -o json | jq .report.refusals") { gateway };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var found = await api.GetAsync($"/gateways/{Uri.EscapeDataString(parsed.GetRequiredValue(gateway))}", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
                return ExitCodes.Ok;
            }

            Print(cli, found, found["report"] as JsonObject);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(CliContext cli, JsonObject found, JsonObject? report)
    {
        CliOutput.Fields(cli, ("Name", found.Text("name")), ("Id", found.Text("id")), ("Status", found.Text("status")), ("Link", found.Text("link")),
            ("Addresses", found.Text("addresses")), ("Sites", found["sites"] is null ? "all" : found.Text("sites")), ("Coordinator", found.Text("console") == "true" ? "routed" : "not routed"),
            ("Draining", found.Text("draining") == "true" ? $"yes, over {found.Text("drainWindow")}" : "no"),
            ("Snapshot", found.Text("routesObserved") == found.Text("routesNumber") ? found.Text("routesNumber") : $"{found.Text("routesNumber")}, the gateway has {found.Text("routesObserved")}"),
            ("Version", found.Text("version")), ("Certificate", found.Instant("certificateExpires")), ("Last report", found.Instant("lastReport")),
            ("Last error", found["lastError"] is JsonObject error ? $"{error.Instant("at")} {error.Text("code")}: {error.Text("message")}" : ""),
            ("Up since", report?.Instant("startedAt") ?? ""), ("Refused", Counts(report?["refusals"])), ("Datagrams", Counts(report?["datagrams"])),
            ("Conflicts", report?.Text("conflicts") ?? ""), ("Bad snapshots", report?.Text("refusedSnapshots") is { } bad and not "0" ? bad : ""));
        if (report?["total"] is not JsonObject total)
        {
            return;
        }

        var rows = new JsonArray([total.DeepClone(), .. (report["routes"]?.AsArray() ?? []).Select(r => r?.DeepClone())]);
        CliOutput.Table(cli, rows, ("route", r => r.Text("name") is { Length: > 0 } name ? name : "(all)"), ("active", r => r.Text("active")), ("accepted", r => r.Text("accepted")),
            ("bytes in", r => r.Text("bytesIn")), ("bytes out", r => r.Text("bytesOut")), ("dials failed", r => r.Text("dialFailures")), ("client resets", r => r.Text("clientResets")),
            ("upstream resets", r => r.Text("upstreamResets")), ("refused", r => r.Text("refused")), ("queue", r => r.Text("queue")), ("dial ms 50/95/99 %", Latency));
    }

    /// <summary>A gateway of before knows the mean alone.</summary>
    private static string Latency(JsonObject r) =>
        r.Text("dialP50Ms") is { Length: > 0 } half and not "0" ? $"{half}/{r.Text("dialP95Ms")}/{r.Text("dialP99Ms")}" : $"mean {r.Text("dialMeanMs")}";

    /// <summary>Those that are not zero.</summary>
    private static string Counts(JsonNode? counts) => counts is not JsonObject named ? ""
        : string.Join(", ", named.Where(n => n.Value?.ToString() is not ("0" or null)).Select(n => $"{n.Key} {n.Value}"));
}

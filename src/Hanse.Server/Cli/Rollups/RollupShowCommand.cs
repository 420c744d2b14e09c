using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Rollups;

internal static class RollupShowCommand
{
    public static Command Build(CliContext cli)
    {
        var metric = new Argument<string>("METRIC") { Description = "As hanse rollup list names it." };
        var site = new Option<string?>("--site") { Description = "Of one site alone, by name or id.", HelpName = "SITE" };
        var since = new Option<string>("--since") { Description = "From: an instant, or how long ago.", DefaultValueFactory = _ => "24h", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "To: an instant, or how long ago.", HelpName = "TIME" };
        var step = new Option<string?>("--step") { Description = "raw, hour or day; the finest that is kept for so long.", HelpName = "STEP" };
        var command = new CliCommand("show", "Shows what a metric was.", "hanse rollup show hosts.status",
            "hanse rollup show updates.pending --site north --since 30d --step day -o json") { metric, site, since, until, step };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            (string Name, string? Value)[] parts =
            [
                ("site", parsed.GetValue(site)), ("step", parsed.GetValue(step)),
                ("from", TimeArgument.Read(parsed.GetValue(since), cli, "--since")), ("to", TimeArgument.Read(parsed.GetValue(until), cli, "--until")),
            ];
            var query = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
            var history = await api.GetAsync($"/rollups/{Uri.EscapeDataString(parsed.GetRequiredValue(metric))}?{query}", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, history);
                return ExitCodes.Ok;
            }

            CliOutput.Table(cli, (JsonArray)history["points"]!, ("at", p => p.Instant("at")), (history.Text("unit"), RollupListCommand.Counts));
            return ExitCodes.Ok;
        });
        return command;
    }
}

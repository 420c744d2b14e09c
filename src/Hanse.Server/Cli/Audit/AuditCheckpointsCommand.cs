using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

internal static class AuditCheckpointsCommand
{
    public static Command Build(CliContext cli)
    {
        var limit = new Option<int>("--limit") { Description = "Most checkpoints to print.", DefaultValueFactory = _ => 20, HelpName = "N" };
        var notes = new Option<bool>("--notes") { Description = "Print the signed notes themselves." };
        var command = new CliCommand("checkpoints", "Lists signed checkpoints of the audit log, newest first, and how many nodes signed each.",
            "hanse audit checkpoints", "hanse audit checkpoints --limit 1 --notes", "hanse audit checkpoints -o json") { limit, notes };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var items = (await api.GetAsync($"/audit/checkpoints?limit={parsed.GetValue(limit)}", cancellation))["items"]!.AsArray();
            if (parsed.GetValue(notes) && parsed.GetValue(GlobalOptions.Output) == OutputFormat.Table)
            {
                await cli.Out.WriteAsync(string.Join('\n', items.OfType<JsonObject>().Select(c => c.Text("note"))));
                return ExitCodes.Ok;
            }

            CliOutput.List(parsed, cli, items, ("entries", c => c.Text("size")), ("time", c => c.Instant("time")), ("log", c => c.Text("log")),
                ("root", c => c.Text("root")), ("signatures", c => $"{c["signers"]?.AsArray().Count}"));
            return ExitCodes.Ok;
        });
        return command;
    }
}

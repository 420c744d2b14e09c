using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;
using Hanse.Server.Cli.Runs;

namespace Hanse.Server.Cli.Commands;

internal static class CommandShowCommand
{
    public static Command Build(CliContext cli)
    {
        var id = new Argument<string>("ID") { Description = "The command's id." };
        var command = new CliCommand("show", "Shows a command with each host's outcome.", "hanse command show 3f2a…", "hanse command show 3f2a… -o json") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var path = $"/commands/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}";
            var found = await api.GetAsync(path, cancellation);
            if (found["executionsNext"] is not null)
            {
                found["executions"] = await api.ListAsync($"{path}/executions", null, cancellation);
                found.Remove("executionsNext");
            }

            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
                return ExitCodes.Ok;
            }

            CliOutput.Fields(cli, ("Id", found.Text("id")), ("State", found.Text("state")), ("Created", found.Instant("createdAt")),
                ("Deadline", found.Instant("deadline")), ("By", found.Text("actor")), ("Reason", found.Text("reason")), ("What", CommandListCommand.What(found)));
            await cli.Out.WriteLineAsync();
            CliOutput.Table(cli, found["executions"]?.AsArray() ?? [], ("host", e => e.Text("host")), ("outcome", RunFollower.Outcome),
                ("started", e => e.Instant("startedAt")), ("finished", e => e.Instant("finishedAt")),
                ("stdout", e => CommandListCommand.Short(e.Text("stdout").Split('\n', 2)[0])));
            return ExitCodes.Ok;
        });
        return command;
    }
}

using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Commands;

internal static class CommandCancelCommand
{
    public static Command Build(CliContext cli)
    {
        var id = new Argument<string>("ID") { Description = "The command's id." };
        var command = new CliCommand("cancel",
            "Wishes a command cancelled. A host that has begun is told to stop; whether it did is its own answer (see `hanse command show`).",
            "hanse command cancel 3f2a…") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var found = await api.PostAsync($"/commands/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/cancel", null, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
            }
            else
            {
                await cli.Out.WriteLineAsync($"Asked to cancel. The command is {found.Text("state")} now.");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

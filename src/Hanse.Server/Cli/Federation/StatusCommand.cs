using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Federation;

internal static class StatusCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("status", "Shows how the federation, or the site whose socket is asked, stands.",
            "hanse status", "hanse status --address unix:/var/lib/hanse-north/site.sock");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var status = await api.GetAsync("/status", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, status);
            }
            else
            {
                CliOutput.Fields(cli, [("server", api.Where), .. status.Select(p => (p.Key, status.Text(p.Key)))]);
            }

            if (status.Text("auditOk") == "false")
            {
                await cli.Error.WriteLineAsync("The audit log is NOT as others saw it: hanse audit witnesses shows what they hold.");
                return ExitCodes.Failed;
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

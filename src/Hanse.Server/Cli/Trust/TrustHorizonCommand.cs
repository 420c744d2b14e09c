using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Trust;

internal static class TrustHorizonCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("horizon", "Shows who becomes unreachable when, if nothing is done, and who cannot renew.",
            "hanse trust horizon", "hanse trust horizon -o json | jq '.entries[] | select(.trouble)'");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var horizon = await api.GetAsync("/trust/horizon", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, horizon);
                return ExitCodes.Ok;
            }

            CliOutput.Table(cli, horizon["entries"]!.AsArray(), ("until", e => e.Instant("until")), ("kind", e => e.Text("kind")), ("name", e => e.Text("name")),
                ("count", e => e.Text("count")), ("state", e => e.Text("note")), ("trouble", e => e.Text("trouble")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

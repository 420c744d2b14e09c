using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostRemoveCommand
{
    public static Command Build(CliContext cli)
    {
        var host = new Argument<string>("HOST") { Description = "Hostname or id." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand("remove", "Removes a host from the directory and its site. Its agent must join anew to come back.",
            "hanse host remove old-web-1") { host, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var name = parsed.GetRequiredValue(host);
            HostQuestion.Ask(cli, parsed.GetValue(yes), $"Remove the host {name}?");
            await api.SendAsync(HttpMethod.Delete, $"/hosts/{Uri.EscapeDataString(name)}", null, cancellation);
            return CliOutput.Outcome(parsed, cli, "host", name, "removed");
        });
        return command;
    }
}

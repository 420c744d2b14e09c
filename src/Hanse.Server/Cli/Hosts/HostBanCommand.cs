using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostBanCommand
{
    public static Command Build(CliContext cli)
    {
        var host = new Argument<string>("HOST") { Description = "Hostname or id." };
        var reason = new Option<string>("--reason") { Description = "Why; it goes into the audit log.", Required = true };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand("ban", "Cuts a host off at once and refuses its key from now on, everywhere.",
            "hanse host ban web-1 --reason \"stolen laptop\"") { host, reason, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var name = parsed.GetRequiredValue(host);
            HostQuestion.Ask(cli, parsed.GetValue(yes), $"Ban the host {name}?");
            var body = new JsonObject { ["reason"] = parsed.GetRequiredValue(reason) };
            await api.SendAsync(HttpMethod.Post, $"/hosts/{Uri.EscapeDataString(name)}/ban", body, cancellation);
            return CliOutput.Outcome(parsed, cli, "host", name, "banned");
        });
        return command;
    }
}

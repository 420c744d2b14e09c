using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Trust;

internal static class TrustCustomerKeyCommands
{
    public static Command Build(CliContext cli) => new("customer-key", "The key that agents join with.") { Rotate(cli), Status(cli) };

    private static CliCommand Rotate(CliContext cli)
    {
        var overlap = new Option<string>("--overlap") { Description = "How long the old key stays valid; 0s ends it at once.", DefaultValueFactory = _ => "7d", HelpName = "TIME" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand("rotate", "Makes a new customer key. Join strings with the old one work until the overlap is over; agents that have joined notice nothing.",
            "hanse trust customer-key rotate --yes", "hanse trust customer-key rotate --overlap 0s --yes") { overlap, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            HostQuestion.Ask(cli, parsed.GetValue(yes), "Make a new customer key?");
            Show(parsed, cli, await api.PostAsync("/trust/customer-key/rotate", new JsonObject { ["overlap"] = parsed.GetValue(overlap) }, cancellation));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CliCommand Status(CliContext cli)
    {
        var command = new CliCommand("status", "Shows since when the customer key is in use, until when the old one is valid, and which sites hold the new one.",
            "hanse trust customer-key status");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            Show(parsed, cli, await api.GetAsync("/trust/customer-key", cancellation));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Show(ParseResult parsed, CliContext cli, JsonObject status)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, status);
            return;
        }

        CliOutput.Fields(cli, ("Made", status.Instant("madeAt")), ("Old key", status.Text("previousUntil").Length > 0 ? $"valid until {status.Instant("previousUntil")}" : "refused"));
        CliOutput.Table(cli, status["sites"]!.AsArray(), ("site", s => s.Text("name")), ("holds it", s => (bool)s["current"]! ? "yes" : "no"), ("told", s => s.Instant("reportedAt")));
    }
}

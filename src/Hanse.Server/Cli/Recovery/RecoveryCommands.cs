using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Recovery;

/// <summary>The way back of a coordinator that was restored (U5).</summary>
internal static class RecoveryCommands
{
    public static Command Build(CliContext cli) => new("recovery", "After a coordinator was restored: what it takes from its sites, and when it accepts work again.")
    {
        Show(cli), Accept(cli), Reject(cli), Finish(cli),
    };

    private static CliCommand Show(CliContext cli)
    {
        var command = new CliCommand("show", "Shows which sites have come back, which wait for a decision, and what could not be brought back.", "hanse recovery show", "hanse recovery show -o json");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var view = await api.GetAsync("/recovery", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, view);
                return ExitCodes.Ok;
            }

            CliOutput.Fields(cli, ("recovering", view.Text("active")), ("restored", view.Instant("restoredAt")), ("from the backup of", view.Instant("backupCreatedAt")),
                ("of keys only", view.Text("keysOnly")), ("finished", view.Instant("finishedAt")), ("by", view.Text("finishedBy")));
            CliOutput.Table(cli, view["sites"]!.AsArray(), ("site", s => s.Text("name")), ("id", s => s.Text("id")), ("state", s => s.Text("state")),
                ("told", s => s.Instant("reportedAt")), ("lost records", s => s.Text("lostRecords")));
            foreach (var missing in view["missing"]!.AsArray())
            {
                await cli.Out.WriteLineAsync($"- {Field.Clean(missing!.ToString())}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static CliCommand Accept(CliContext cli)
    {
        var site = Site();
        var name = new Option<string>("--name") { Description = "What the site is called from now on.", Required = true, HelpName = "NAME" };
        var command = new CliCommand("accept", "Takes back a site that holds a valid certificate and that the restored registry does not know.",
            "hanse recovery accept 0a1b2c3d4e5f60718293a4b5c6d7e8f9 --name north") { site, name };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            await api.SendAsync(HttpMethod.Post, $"/recovery/sites/{Uri.EscapeDataString(parsed.GetRequiredValue(site))}/accept", new JsonObject { ["name"] = parsed.GetValue(name) }, cancellation);
            return CliOutput.Outcome(parsed, cli, "site", parsed.GetRequiredValue(name), "is taken back");
        });
        return command;
    }

    private static CliCommand Reject(CliContext cli)
    {
        var site = Site();
        var command = new CliCommand("reject", "Bans a site that the restored registry does not know: it and its agents get in nowhere.",
            "hanse recovery reject 0a1b2c3d4e5f60718293a4b5c6d7e8f9") { site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            await api.SendAsync(HttpMethod.Post, $"/recovery/sites/{Uri.EscapeDataString(parsed.GetRequiredValue(site))}/reject", new JsonObject(), cancellation);
            return CliOutput.Outcome(parsed, cli, "site", parsed.GetRequiredValue(site), "is banned");
        });
        return command;
    }

    private static CliCommand Finish(CliContext cli)
    {
        var force = new Option<bool>("--force") { Description = "Although sites wait for a decision, or contradict the audit log." };
        var command = new CliCommand("finish", "Ends the recovery: the coordinator accepts work again. What could not be brought back is written to the audit log.", "hanse recovery finish") { force };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            await api.SendAsync(HttpMethod.Post, "/recovery/finish", new JsonObject { ["force"] = parsed.GetValue(force) }, cancellation);
            return CliOutput.Outcome(parsed, cli, "recovery", "The recovery", "is over");
        });
        return command;
    }

    private static Argument<string> Site() => new("SITE") { Description = "Its id, from `hanse recovery show`." };
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

internal static class AuditRecoverCommand
{
    public static Command Build(CliContext cli)
    {
        var reason = new Option<string>("--reason") { Description = "What happened; it is the new log's first entry.", Required = true, HelpName = "TEXT" };
        var site = new Option<string>("--site") { Description = "The log of this site, which was restored, instead of the coordinator's.", HelpName = "SITE" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new CliCommand("recover",
            "After a loss: ends the audit log, and begins a new one whose first entry says what others hold of the old one and what is lost. They show the break for good.",
            "hanse audit recover --reason \"restored from the backup of Monday\"") { reason, site, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!parsed.GetValue(yes) && (!cli.IsInteractive || !cli.Confirm("The audit log ends and another begins; everybody who saw it shows that for good. Go on?")))
            {
                throw new CliException(ExitCodes.Usage, "nothing was done.", "Answer y, or give --yes.");
            }

            using var api = ApiSession.Open(parsed, cli);
            var done = await api.PostAsync("/audit/recover", new JsonObject { ["reason"] = parsed.GetValue(reason), ["site"] = parsed.GetValue(site) }, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, done);
            }
            else
            {
                CliOutput.Fields(cli, ("log that ended", done.Text("previousLog")), ("entries that others saw", done.Text("heldEntries")),
                    ("the last at", done.Instant("heldAt")), ("kept here", done.Text("keptEntries")), ("lost", done.Text("lostEntries")), ("witnesses asked", done.Text("asked")));
                if (done["silent"]!.AsArray() is { Count: > 0 } silent)
                {
                    await cli.Error.WriteLineAsync($"Not asked, because offline: {string.Join(", ", silent.Select(s => (string)s!))}. Run this again if one of them contradicts the log when it comes back.");
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

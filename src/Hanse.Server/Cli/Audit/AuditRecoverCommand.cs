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
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new CliCommand("recover",
            "After a loss: ends the audit log, and begins a new one whose first entry says what sites hold of the old one and what is lost. Sites show the break for good.",
            "hanse audit recover --reason \"restored from the backup of Monday\"") { reason, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!parsed.GetValue(yes) && (!cli.IsInteractive || !cli.Confirm("The audit log ends and another begins; every site shows that for good. Go on?")))
            {
                throw new CliException(ExitCodes.Usage, "nothing was done.", "Answer y, or give --yes.");
            }

            using var api = ApiSession.Open(parsed, cli);
            var done = await api.PostAsync("/audit/recover", new JsonObject { ["reason"] = parsed.GetValue(reason) }, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, done);
            }
            else
            {
                CliOutput.Fields(cli, ("log that ended", done.Text("previousLog")), ("entries that sites saw", done.Text("heldEntries")),
                    ("the last at", done.Instant("heldAt")), ("kept here", done.Text("keptEntries")), ("lost", done.Text("lostEntries")), ("sites asked", done.Text("asked")));
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

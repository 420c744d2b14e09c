using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Output;
using Hanse.Server.Cli.Servers;

namespace Hanse.Server.Cli.Sites;

/// <summary>Takes the site on this machine out of its federation. It asks first, since nothing of it can be undone.</summary>
internal static class SiteLeaveCommand
{
    public static Command Build(CliContext cli)
    {
        var flags = new ServerFlags();
        var reason = new Option<string>("--reason") { Description = "Why; it goes into the coordinator's audit log.", DefaultValueFactory = _ => "", HelpName = "TEXT" };
        var force = new Option<bool>("--force")
        {
            Description = "Leave even if the coordinator cannot be told, or has not been told everything. Then run hanse site remove there.",
        };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand("leave",
            "Takes the site that runs on this machine out of its federation for good: the coordinator removes it, then its hosts, commands and keys are erased here, and its process ends.",
            "hanse site leave --data-dir /var/lib/hanse-north",
            "hanse site leave --data-dir /var/lib/hanse-north --yes --reason \"branch closed\"")
        {
            reason, force, yes,
        };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = SiteSocket.Open(parsed, cli, flags);
            HostQuestion.Ask(cli, parsed.GetValue(yes), "Leave the federation, and erase everything that this site holds of its hosts, for good?");
            var left = await api.PostAsync("/site/leave", new JsonObject { ["reason"] = parsed.GetValue(reason), ["force"] = parsed.GetValue(force) }, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, left);
                return ExitCodes.Ok;
            }

            await cli.Out.WriteLineAsync($"{Field.Clean(left.Text("name"))} has left; its tables and keys are being erased, and its process ends.");
            if (left["coordinatorKnows"]?.GetValue<bool>() == false)
            {
                await cli.Error.WriteLineAsync($"The coordinator does not know. Run there: hanse site remove {left.Text("id")}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

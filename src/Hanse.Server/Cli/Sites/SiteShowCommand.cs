using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Sites;

internal static class SiteShowCommand
{
    public static Command Build(CliContext cli)
    {
        var site = new Argument<string>("SITE") { Description = "Name or id." };
        var command = new CliCommand("show", "Shows one site.", "hanse site show north") { site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var found = await api.GetAsync($"/sites/{Uri.EscapeDataString(parsed.GetRequiredValue(site))}", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
                return ExitCodes.Ok;
            }

            CliOutput.Fields(cli, ("Name", found.Text("name")), ("Id", found.Text("id")), ("Status", found.Text("status")), ("Why", found.Text("statusReason")), ("Link", found.Text("link")),
                ("Hosts", found.Text("hostCount")), ("Queue", found.Text("queueDepth")), ("Names", found.Text("externalNames")),
                ("Location", found.Text("location")), ("Sync", found.Text("syncInterval")), ("Last seen", found.Instant("lastSeen")), ("Version", found.Text("version")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Sites;

internal static class SiteListCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("list", "Lists the sites of the federation.", "hanse site list", "hanse site list -o json | jq '.[].name'");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var sites = await api.ListAsync("/sites", null, cancellation);
            CliOutput.List(parsed, cli, sites, ("name", s => s.Text("name")), ("status", s => s.Text("status")), ("link", s => s.Text("link")),
                ("hosts", s => s.Text("hostCount")), ("queue", s => s.Text("queueDepth")), ("last seen", s => s.Instant("lastSeen")),
                ("id", s => s.Text("id")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

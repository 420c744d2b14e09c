using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostConflictsCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("conflicts",
            "Lists hosts that one site reports and another owns. The owner keeps a host until its agent moves with a proof: hanse-agent join.",
            "hanse host conflicts", "hanse host conflicts -o json | jq '.[].claimant'");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var conflicts = await api.ListAsync("/hosts/conflicts", null, cancellation);
            CliOutput.List(parsed, cli, conflicts, ("host", c => c.Text("hostname")), ("owner", c => c.Text("owner")), ("claimant", c => c.Text("claimant")),
                ("claims", c => c.Text("claims")), ("first", c => c.Instant("firstAt")), ("last", c => c.Instant("lastAt")), ("id", c => c.Text("host")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

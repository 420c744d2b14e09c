using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Backups;

internal static class BackupListCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("list", "Lists the backups that were made of the coordinator, newest first, and which of them were tried.", "hanse backup list", "hanse backup list -o json");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            CliOutput.List(parsed, cli, await api.ListAsync("/backups", null, cancellation), ("id", b => b.Text("id")), ("made", b => b.Instant("createdAt")),
                ("by", b => b.Text("actor")), ("keys only", b => b.Text("keysOnly")), ("tried", b => b.Instant("verifiedAt")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Users;

internal static class UserListCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("list", "Lists the accounts of the coordinator.", "hanse user list", "hanse user list -o json | jq '.[].userName'");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            CliOutput.List(parsed, cli, await api.ListAsync("/users", null, cancellation),
                ("name", u => u.Text("userName")), ("role", u => u.Text("role")), ("created", u => u.Instant("createdAt")), ("id", u => u.Text("id")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

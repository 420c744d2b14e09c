using System.CommandLine;

namespace Hanse.Server.Cli.Users;

internal static class UserCommands
{
    public static Command Build(CliContext cli) =>
        new("user", "Accounts of the coordinator.") { UserAddCommand.Build(cli), UserListCommand.Build(cli), UserPasswordCommand.Build(cli) };
}

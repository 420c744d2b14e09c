using System.CommandLine;

namespace Hanse.Server.Cli.Users;

internal static class UserCommands
{
    public static Command Build(CliContext cli) => new("user", "Accounts of the coordinator.") { UserPasswordCommand.Build(cli) };
}

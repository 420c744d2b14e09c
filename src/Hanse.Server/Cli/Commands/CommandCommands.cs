using System.CommandLine;

namespace Hanse.Server.Cli.Commands;

internal static class CommandCommands
{
    public static Command Build(CliContext cli) => new("command", "Lists, shows and cancels commands.")
    {
        CommandListCommand.Build(cli), CommandShowCommand.Build(cli), CommandCancelCommand.Build(cli),
    };
}

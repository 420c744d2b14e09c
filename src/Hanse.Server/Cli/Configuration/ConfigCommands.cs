using System.CommandLine;

namespace Hanse.Server.Cli.Configuration;

internal static class ConfigCommands
{
    public static Command Build(CliContext cli) => new("config", "The server's configuration.") { ConfigCheckCommand.Build(cli) };
}

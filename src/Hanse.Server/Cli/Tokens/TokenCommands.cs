using System.CommandLine;

namespace Hanse.Server.Cli.Tokens;

internal static class TokenCommands
{
    public static Command Build(CliContext cli) =>
        new("token", "API tokens of the account that is logged in.") { TokenCreateCommand.Build(cli), TokenListCommand.Build(cli), TokenRevokeCommand.Build(cli) };
}

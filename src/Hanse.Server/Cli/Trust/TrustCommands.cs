using System.CommandLine;

namespace Hanse.Server.Cli.Trust;

internal static class TrustCommands
{
    public static Command Build(CliContext cli) => new("trust", "Whom the federation trusts: roots and their rotation, bans, ends of certificates.")
    {
        TrustShowCommand.Build(cli), TrustRotateCommands.Build(cli), TrustRenewCommand.Build(cli), TrustCustomerKeyCommands.Build(cli), TrustHorizonCommand.Build(cli),
    };
}

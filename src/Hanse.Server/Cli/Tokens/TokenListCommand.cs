using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Tokens;

internal static class TokenListCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("list", "Lists the tokens and sessions of the account that is logged in.", "hanse token list", "hanse token list -o json");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            CliOutput.List(parsed, cli, await api.ListAsync("/tokens", null, cancellation),
                ("name", t => t.Text("name")), ("kind", t => t.Text("kind")), ("role", t => t.Text("role")), ("expires", t => t.Instant("expiresAt")),
                ("last used", t => t.Instant("lastUsedAt")), ("id", t => t.Text("id")));
            return ExitCodes.Ok;
        });
        return command;
    }
}

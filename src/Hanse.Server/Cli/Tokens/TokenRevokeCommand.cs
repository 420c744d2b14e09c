using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Tokens;

internal static class TokenRevokeCommand
{
    public static Command Build(CliContext cli)
    {
        var token = new Argument<string>("TOKEN") { Description = "Name or id, as `hanse token list` shows it." };
        var command = new CliCommand("revoke", "Revokes a token: from now on it opens nothing.", "hanse token revoke nightly-report") { token };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var wanted = parsed.GetRequiredValue(token);
            var found = (await api.ListAsync("/tokens", null, cancellation)).FirstOrDefault(t => t!.AsObject().Text("id") == wanted || t.AsObject().Text("name") == wanted)
                ?? throw new CliException(ExitCodes.NotFound, $"this account has no token {wanted}.", "See: hanse token list");
            await api.SendAsync(HttpMethod.Delete, $"/tokens/{found.AsObject().Text("id")}", null, cancellation);
            await cli.Out.WriteLineAsync($"{Field.Clean(wanted)} revoked.");
            return ExitCodes.Ok;
        });
        return command;
    }
}

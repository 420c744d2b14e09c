using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Users;

internal static class UserAddCommand
{
    public static Command Build(CliContext cli)
    {
        var user = new Argument<string>("USER") { Description = "Name of the account." };
        var role = new Option<string>("--role") { Description = "What it may do.", DefaultValueFactory = _ => "viewer", HelpName = "viewer|administrator" };
        role.AcceptOnlyFromAmong("viewer", "administrator");
        var ask = new Option<bool>("--ask") { Description = "Ask for the password (or read it from standard input) instead of making one." };
        var command = new CliCommand("add", "Makes an account. Prints its password once, unless it was asked for.",
            "hanse user add alice --role administrator", "hanse user add bob --ask < password.txt") { user, role, ask };
        command.SetAction(async (parsed, cancellation) =>
        {
            var given = parsed.GetValue(ask) ? cli.ReadSecret("Password: ") : null;
            using var api = ApiSession.Open(parsed, cli);
            var made = await api.PostAsync("/users",
                new JsonObject { ["userName"] = parsed.GetRequiredValue(user), ["role"] = parsed.GetRequiredValue(role), ["password"] = given }.WithoutNulls(), cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, made);
            }
            else
            {
                await cli.Out.WriteLineAsync(made.Text("password") is { Length: > 0 } password ? password : "The account is made.");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

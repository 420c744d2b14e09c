using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Tokens;

internal static class TokenCreateCommand
{
    public static Command Build(CliContext cli)
    {
        var name = new Argument<string>("NAME") { Description = "What it is for." };
        var role = new Option<string?>("--role") { Description = "What it may do, at most what the account may. Default: the account's role.", HelpName = "viewer|administrator" };
        role.AcceptOnlyFromAmong("viewer", "administrator");
        var ttl = new Option<string?>("--ttl") { Description = "How long it lives, such as 90d (the default).", HelpName = "DURATION" };
        var user = new Option<string?>("--user") { Description = "Whose it is. Through the coordinator's socket alone, where nobody is logged in.", HelpName = "NAME" };
        var command = new CliCommand("create", "Makes an API token and prints it once.",
            "hanse token create nightly-report --role viewer --ttl 365d",
            "hanse token create robot --user admin --address unix:/var/lib/hanse/coordinator.sock") { name, role, ttl, user };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var made = await api.PostAsync("/tokens", new JsonObject
            {
                ["name"] = parsed.GetRequiredValue(name), ["role"] = parsed.GetValue(role), ["ttl"] = parsed.GetValue(ttl), ["user"] = parsed.GetValue(user),
            }.WithoutNulls(), cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, made);
            }
            else
            {
                await cli.Out.WriteLineAsync(made.Text("token"));
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;
using Hanse.Server.Cli.Servers;

namespace Hanse.Server.Cli.Users;

/// <summary>The way back in when nobody knows the password: through the coordinator's socket (J6).</summary>
internal static class UserPasswordCommand
{
    public static Command Build(CliContext cli)
    {
        var flags = new ServerFlags();
        var user = new Argument<string>("USER") { Description = "Account.", DefaultValueFactory = _ => "admin" };
        var ask = new Option<bool>("--ask") { Description = "Ask for the new password (or read it from standard input) instead of making one." };
        var command = new CliCommand("password",
            "Sets an account's password on the coordinator's own machine, lifts a lockout and ends the account's sessions. Prints the new password once.",
            "hanse user password admin --data-dir /var/lib/hanse", "hanse user password alice --ask --address unix:/var/lib/hanse/coordinator.sock")
        {
            user, ask,
        };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = parsed.GetValue(GlobalOptions.Address) ?? $"unix:{Path.Combine(flags.LoadOrFail(parsed, cli).DataDir, "coordinator.sock")}";
            if (ApiAddress.Parse(address).SocketPath is not { } socket)
            {
                throw new CliException(ExitCodes.Usage, "a password is set through the coordinator's own socket only.",
                    "Run this on its machine, with --data-dir or --address unix:/path/to/coordinator.sock.");
            }

            var given = parsed.GetValue(ask) ? cli.ReadSecret("New password: ") : null;
            using var api = new ApiClient(ApiTransport.OverSocket(socket), address, cli.Clock);
            var done = await api.PostAsync($"/users/{Uri.EscapeDataString(parsed.GetRequiredValue(user))}/password",
                new JsonObject { ["password"] = given }.WithoutNulls(), cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, done);
            }
            else
            {
                await cli.Out.WriteLineAsync(done.Text("password") is { Length: > 0 } made ? made : "The password is set.");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

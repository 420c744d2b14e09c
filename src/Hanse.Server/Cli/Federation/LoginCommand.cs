using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Federation;

/// <summary><c>hanse login</c>: (1) learns the federation's roots, (2) has a person or a pin vouch for them, (3) connects anew, verified
/// by these roots alone, and only then (4) sends the password; (5) stores the profile.</summary>
internal static class LoginCommand
{
    public static Command Build(CliContext cli)
    {
        var address = new Argument<string?>("ADDRESS") { Description = "https://host:port of the coordinator. Default: the profile's.", Arity = ArgumentArity.ZeroOrOne };
        var user = new Option<string>("--user", "-u") { Description = "Account.", DefaultValueFactory = _ => "admin", HelpName = "NAME" };
        var pin = new Option<string?>("--pin")
        {
            Description = "SHA-256 of the federation root's public key, as `hanse status` shows it on the coordinator: vouches for the server without asking.", HelpName = "HEX",
        };
        var serverName = new Option<string?>("--server-name")
        {
            Description = "The coordinator's external name, where the address is only a way to it (an IP address, a tunnel).", HelpName = "DNS",
        };
        var system = new Option<bool>("--system-trust")
        {
            Description = "The coordinator shows a certificate of its operator's own (coordinator.tlsCertificateFile), which this machine's trust store vouches for.",
        };
        var token = new Option<bool>("--token") { Description = "Ask for an API token instead of a password." };
        var command = new CliCommand("login",
            "Logs in to a coordinator and remembers it. The first time it shows the federation root's pin and asks; compare it with the one that "
            + "`hanse status` shows on the coordinator's own machine. Later connections trust that root alone. The password is asked for, or read "
            + "from standard input.",
            "hanse login https://hanse.example.org:7443 --user alice",
            "hanse login https://127.0.0.1:7443 --server-name hanse.example.org --pin 9f86d0… < password.txt")
        {
            address, user, pin, serverName, system, token,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = cli.ProfilePath(parsed.GetValue(GlobalOptions.Profile));
            var known = ProfileFile.Read(path);
            var target = Target(parsed.GetValue(address) ?? parsed.GetValue(GlobalOptions.Address), known);
            known = known?.Address == target.ToString() ? known : null;
            var name = parsed.GetValue(serverName) ?? (known?.ServerName is { Length: > 0 } remembered ? remembered : target.Https!.Host);

            // 1, 2
            var roots = parsed.GetValue(system) ? []
                : parsed.GetValue(pin) is null && known?.Roots is { Count: > 0 } trusted
                ? trusted
                : await new FirstContact(cli).RootsAsync(target.Https!, name, parsed.GetValue(pin), cancellation);
            var profile = new Profile { Address = target.ToString(), ServerName = name, Roots = [.. roots], SystemTrust = parsed.GetValue(system), User = parsed.GetRequiredValue(user) };

            // 3, 4
            await IdentifyAsync(profile, cli, parsed.GetValue(token), cancellation);

            // 5
            ProfileFile.Write(path, profile);
            Tell(parsed, cli, profile, path);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static ApiAddress Target(string? given, Profile? known)
    {
        var text = given ?? known?.Address ?? throw new CliException(ExitCodes.Usage, "it is not known where to log in.", "Write: hanse login https://host:port");
        var target = ApiAddress.Parse(text);
        return target.Https is null
            ? throw new CliException(ExitCodes.Usage, "a Unix socket needs no login.", $"Use it as it is: hanse status --address {text}")
            : target;
    }

    private static async Task IdentifyAsync(Profile profile, CliContext cli, bool byToken, CancellationToken cancellation)
    {
        var secret = cli.ReadSecret(byToken ? "API token: " : $"Password of {profile.User}: ");
        if (secret.Length == 0)
        {
            throw new CliException(ExitCodes.Usage, "nothing was entered.", "The secret is asked for, or read from standard input; it is never an argument.");
        }

        if (byToken)
        {
            profile.Token = secret;
            using var check = ApiSession.Open(profile, cli);
            profile.User = (await check.GetAsync("/me", cancellation)).Text("userName");
            return;
        }

        using var api = ApiSession.Open(profile, cli);
        var session = await api.PostAsync("/session", new JsonObject { ["userName"] = profile.User, ["password"] = secret }, cancellation);
        profile.Token = session.Text("token");
    }

    private static void Tell(ParseResult parsed, CliContext cli, Profile profile, string path)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, new JsonObject { ["address"] = profile.Address, ["user"] = profile.User, ["profile"] = path });
            return;
        }

        cli.Out.WriteLine($"Logged in to {profile.Address} as {profile.User}. Profile: {path}");
    }
}

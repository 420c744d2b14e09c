using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;
using Hanse.Server.Cli.Servers;

namespace Hanse.Server.Cli.Sites;

/// <summary>Hands a join string to the running site over its socket (J6). The string never is an argument (J1).</summary>
internal static class SiteJoinCommand
{
    public static Command Build(CliContext cli)
    {
        var flags = new ServerFlags();
        var file = new Option<string?>("--file") { Description = "File that holds the join string. Default: it is asked for, or read from standard input.", HelpName = "FILE" };
        var check = new Option<bool>("--check") { Description = "Only look whether the site could join, and say what stands in the way. The token is not sent." };
        var ssh = new Option<string?>("--ssh")
        {
            Description = "Join the site that runs on another machine, over OpenSSH. --data-dir, --address, --check and -o are then meant there.", HelpName = "USER@HOST",
        };
        var sshOption = new Option<string[]>("--ssh-option") { Description = "For ssh's -o, such as Port=2222. May be repeated.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
        var remote = new Option<string>("--remote-hanse") { Description = "The program there. Default: hanse.", HelpName = "PATH", DefaultValueFactory = _ => "hanse" };
        var command = new CliCommand("join", "Joins the site that runs on this machine to a federation. Asks for the join string of `hanse site invite`.",
            "hanse site join --data-dir /var/lib/hanse-north",
            "hanse site join --data-dir /var/lib/hanse-north --check",
            "hanse site invite north --external-name north.example.org | hanse site join --ssh root@north.example.org",
            "hanse site invite north --external-name north.example.org | ssh north hanse site join")
        {
            file, check, ssh, sshOption, remote,
        };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = JoinString(parsed.GetValue(file), cli);
            if (parsed.GetValue(ssh) is { } destination)
            {
                return await SshJoin.RunAsync(
                    destination, parsed.GetRequiredValue(sshOption), Remote(parsed, parsed.GetRequiredValue(remote), flags, parsed.GetValue(check)), text, cli, cancellation);
            }

            using var api = SiteSocket.Open(parsed, cli, flags);
            if (parsed.GetValue(check))
            {
                return await CheckAsync(parsed, cli, api, text, cancellation);
            }

            var joined = await api.PostAsync("/site/join", new JsonObject { ["joinString"] = text }, cancellation);
            foreach (var warning in (joined["checks"]?.AsArray() ?? []).OfType<JsonObject>().Where(c => c.Text("outcome") == "warning"))
            {
                await cli.Error.WriteLineAsync($"Warning, {Field.Clean(warning.Text("name"))}: {Field.Clean(warning.Text("advice"))}");
            }

            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, joined);
            }
            else
            {
                await cli.Out.WriteLineAsync($"Joined as {Field.Clean(joined["site"] is JsonObject site ? site.Text("name") : joined.Text("name"))}.");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static List<string> Remote(ParseResult parsed, string program, ServerFlags flags, bool check)
    {
        List<string> command = [program, "site", "join"];
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                command.AddRange([name, value]);
            }
        }

        Add("--data-dir", parsed.GetValue(flags.DataDir));
        Add("--config", parsed.GetValue(flags.Config));
        Add("--address", parsed.GetValue(GlobalOptions.Address));
        Add("-o", parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json ? "json" : null);
        return check ? [.. command, "--check"] : command;
    }

    private static async Task<int> CheckAsync(ParseResult parsed, CliContext cli, ApiClient api, string text, CancellationToken cancellation)
    {
        var looked = await api.PostAsync("/site/join", new JsonObject { ["joinString"] = text, ["checkOnly"] = true }, cancellation);
        CliOutput.List(parsed, cli, looked["checks"]?.AsArray() ?? [],
            ("check", c => c.Text("name")), ("outcome", c => c.Text("outcome")), ("advice", c => c.Text("advice")));
        return looked["ok"]?.GetValue<bool>() == true ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string JoinString(string? file, CliContext cli)
    {
        string text;
        try
        {
            text = file is null ? cli.ReadSecret("Join string: ") : File.ReadAllText(file).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"the file {file} cannot be read: {unreadable.Message}");
        }

        return text.Length > 0 ? text : throw new CliException(ExitCodes.Usage, "no join string was given.",
            "Make one at the coordinator with `hanse site invite`, and paste it or pipe it in.");
    }
}

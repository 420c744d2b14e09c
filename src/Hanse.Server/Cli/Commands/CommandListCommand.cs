using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Commands;

internal static class CommandListCommand
{
    private const int LongestText = 60;

    public static Command Build(CliContext cli)
    {
        var limit = new Option<int>("--limit") { Description = "Most commands to print.", DefaultValueFactory = _ => 20, HelpName = "N" };
        var command = new CliCommand("list", "Lists commands, newest first.", "hanse command list", "hanse command list --limit 200 -o json") { limit };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var commands = await api.ListAsync("/commands", parsed.GetValue(limit), cancellation);
            CliOutput.List(parsed, cli, commands, ("id", c => c.Text("id")), ("state", c => c.Text("state")), ("created", c => c.Instant("createdAt")),
                ("by", c => c.Text("actor")), ("hosts", c => c.Text("hostCount")), ("what", What));
            return ExitCodes.Ok;
        });
        return command;
    }

    internal static string What(JsonObject command)
    {
        var script = command["script"] as JsonObject;
        var arguments = string.Join(' ', script?["arguments"]?.AsArray().Select(a => a?.ToString()) ?? []);
        return Short(script?.Text("body") is { Length: > 0 } body ? $"{script.Text("interpreter")}: {body}" : arguments);
    }

    internal static string Short(string text) => text.Length > LongestText ? text[..(LongestText - 1)] + "…" : text;
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;

namespace Hanse.Server.Cli.Runs;

/// <summary>What to run, where and how: the body of POST /commands.</summary>
internal sealed class RunFlags
{
    private readonly Option<string[]> _hosts = new("--host", "-H") { Description = "Hostname or id. May be repeated.", Required = true, HelpName = "HOST" };
    private readonly Option<string?> _script = new("--script") { Description = "Script to run; - reads it from standard input.", HelpName = "FILE" };
    private readonly Option<string> _interpreter = new("--interpreter")
    {
        Description = "What runs the script.", DefaultValueFactory = _ => "/bin/sh", HelpName = "PATH",
    };
    private readonly Option<string[]> _environment = new("--env", "-e")
    {
        Description = "Variable for the program. May be repeated.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [],
    };
    private readonly Option<string?> _timeout = new("--timeout") { Description = "How long it may run, such as 5m.", HelpName = "DURATION" };
    private readonly Option<string?> _deadline = new("--deadline") { Description = "How long it may take to start, such as 1h.", HelpName = "DURATION" };
    private readonly Option<uint?> _outputLimit = new("--output-limit") { Description = "Bytes to keep of each stream.", HelpName = "BYTES" };
    private readonly Option<string?> _runAs = new("--run-as") { Description = "Local user to run as. Default: the agent's own.", HelpName = "USER" };
    private readonly Option<string?> _reason = new("--reason") { Description = "Why; it goes into the audit log.", HelpName = "TEXT" };
    private readonly Argument<string[]> _arguments = new("ARGV")
    {
        Description = "After --: the program and its arguments, or the script's arguments.", Arity = ArgumentArity.ZeroOrMore,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _hosts, _script, _interpreter, _environment, _timeout, _deadline, _outputLimit, _runAs, _reason })
        {
            command.Options.Add(option);
        }

        command.Arguments.Add(_arguments);
    }

    public JsonObject Body(ParseResult parsed, CliContext cli)
    {
        var file = parsed.GetValue(_script);
        var arguments = parsed.GetValue(_arguments) ?? [];
        if (file is null && arguments.Length == 0)
        {
            throw new CliException(ExitCodes.Usage, "there is nothing to run.", "Name a program after --, or a script with --script FILE.");
        }

        if (parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).FirstOrDefault(t => IsMistyped(t, arguments)) is { } mistyped)
        {
            throw new CliException(ExitCodes.Usage, $"there is no option {mistyped.Value}.", "What belongs to the program comes after --. Options: hanse run --help.");
        }

        var script = new JsonObject
        {
            ["interpreter"] = file is null ? null : parsed.GetValue(_interpreter),
            ["body"] = file is null ? null : Read(file, cli),
            ["arguments"] = new JsonArray([.. arguments.Select(a => (JsonNode)a)]),
            ["environment"] = Environment(parsed.GetValue(_environment) ?? []),
            ["timeout"] = parsed.GetValue(_timeout),
            ["outputLimit"] = parsed.GetValue(_outputLimit),
            ["runAs"] = parsed.GetValue(_runAs),
        }.WithoutNulls();
        return new JsonObject
        {
            ["hosts"] = new JsonArray([.. parsed.GetRequiredValue(_hosts).Select(h => (JsonNode)h)]),
            ["script"] = script,
            ["deadline"] = parsed.GetValue(_deadline),
            ["reason"] = parsed.GetValue(_reason),
        }.WithoutNulls();
    }

    // Without this an option that does not exist would be run as the program.
    private static bool IsMistyped(Token token, string[] arguments) =>
        token.Type == TokenType.Argument && token.Value.Length > 1 && token.Value[0] == '-' && arguments.Contains(token.Value, StringComparer.Ordinal);

    private static string Read(string file, CliContext cli)
    {
        try
        {
            return file == "-" ? cli.In.ReadToEnd() : File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"the script {file} cannot be read: {unreadable.Message}");
        }
    }

    private static JsonObject? Environment(string[] pairs)
    {
        var environment = new JsonObject();
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new CliException(ExitCodes.Usage, $"--env {pair}: this is not NAME=VALUE.");
            }

            environment[pair[..at]] = pair[(at + 1)..];
        }

        return environment.Count > 0 ? environment : null;
    }
}

using Hanse.Agent.Commands;
using Hanse.Agent.Data;
using Hanse.Protocol.Text;

namespace Hanse.Agent.Cli;

/// <summary>The parsed command line.</summary>
internal sealed record AgentArguments
{
    internal string Verb { get; private init; } = "";

    internal string Data { get; private init; } = AgentFolder.Default;

    internal string? File { get; private init; }

    internal bool Json { get; private init; }

    internal bool Yes { get; private init; }

    internal bool Help { get; private init; }

    internal TimeSpan InventoryInterval { get; private init; } = TimeSpan.FromMinutes(15);

    internal TimeSpan PathInterval { get; private init; } = TimeSpan.FromMinutes(1);

    internal ExecutionOptions Executions { get; private init; } = new();

    /// <summary>The arguments, or what is wrong with them.</summary>
    internal static (AgentArguments? Arguments, string? Error) Parse(IReadOnlyList<string> args)
    {
        var parsed = new AgentArguments();
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            var name = equals < 0 ? args[i] : args[i][..equals];
            if (Switch(parsed, name) is { } switched && equals < 0)
            {
                parsed = switched;
            }
            else if (name is "--data" or "--file" or "-o" or "--output" or "--inventory-interval" or "--path-interval" or "--concurrency" or "--grace")
            {
                var value = equals >= 0 ? args[i][(equals + 1)..] : i + 1 < args.Count ? args[++i] : null;
                var (next, error) = value is null ? (null, $"{name} needs a value.") : Set(parsed, name, value);
                if (next is null)
                {
                    return (null, error);
                }

                parsed = next;
            }
            else if (name.StartsWith('-'))
            {
                return (null, $"There is no option {name}.");
            }
            else if (parsed.Verb.Length > 0)
            {
                // It may be a secret: say nothing of its text.
                return (null, parsed.Verb == "join"
                    ? "A join string is not given as an argument, where others on this machine can read it. Paste it at the prompt, pipe it in, or use --file."
                    : $"'{parsed.Verb}' takes no argument.");
            }
            else
            {
                parsed = parsed with { Verb = name };
            }
        }

        return (parsed, null);
    }

    private static AgentArguments? Switch(AgentArguments parsed, string name) => name switch
    {
        "--help" or "-h" => parsed with { Help = true },
        "--yes" or "-y" => parsed with { Yes = true },
        "--no-cgroups" => parsed with { Executions = parsed.Executions with { WithoutCgroups = true } },
        _ => null,
    };

    private static (AgentArguments?, string?) Set(AgentArguments parsed, string name, string value)
    {
        switch (name)
        {
            case "--data":
                return (parsed with { Data = value }, null);
            case "--file":
                return (parsed with { File = value }, null);
            case "-o" or "--output":
                return value is "json" or "table" ? (parsed with { Json = value == "json" }, null) : (null, $"{name} is json or table, not '{value}'.");
            case "--concurrency":
                return int.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 256
                    ? (parsed with { Executions = parsed.Executions with { Concurrency = count } }, null)
                    : (null, "--concurrency is a number from 1 to 256.");
            default:
                if (!DurationText.TryParse(value, out var duration) || duration <= TimeSpan.Zero)
                {
                    return (null, $"{name} is a duration such as 30s, 5m or 1h, not '{value}'.");
                }

                return name switch
                {
                    "--grace" => (parsed with { Executions = parsed.Executions with { Grace = duration } }, null),
                    "--path-interval" => (parsed with { PathInterval = duration }, null),
                    _ => (parsed with { InventoryInterval = duration }, null),
                };
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Commands;

/// <summary>Names (kebab-case) and kinds of command states (D3).</summary>
public static class CommandStates
{
    private static readonly Dictionary<CommandState, string> Names = new()
    {
        [CommandState.Queued] = "queued",
        [CommandState.InProgress] = "in-progress",
        [CommandState.Completed] = "completed",
        [CommandState.Partial] = "partial",
        [CommandState.Failed] = "failed",
        [CommandState.Cancelled] = "cancelled",
        [CommandState.Expired] = "expired",
    };

    private static readonly Dictionary<string, CommandState> States = Names.ToDictionary(n => n.Value, n => n.Key, StringComparer.Ordinal);

    /// <summary>Every state but the unspecified one.</summary>
    public static IReadOnlyList<CommandState> All { get; } = [.. Names.Keys];

    /// <exception cref="ArgumentOutOfRangeException">Not a state of this version.</exception>
    public static string ToName(this CommandState state) => Names.TryGetValue(state, out var name)
        ? name
        : throw new ArgumentOutOfRangeException(nameof(state), state, "Not a command state.");

    public static bool TryParse([NotNullWhen(true)] string? name, out CommandState state)
    {
        state = CommandState.Unspecified;
        return name is not null && States.TryGetValue(name, out state);
    }

    /// <exception cref="FormatException">Not the name of a state.</exception>
    public static CommandState Parse(string name) =>
        TryParse(name, out var state) ? state : throw new FormatException($"'{name}' is not a command state.");

    public static bool IsTerminal(this CommandState state) => state is not (CommandState.Unspecified or CommandState.Queued or CommandState.InProgress);
}

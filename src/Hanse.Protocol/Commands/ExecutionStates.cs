using System.Diagnostics.CodeAnalysis;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Commands;

/// <summary>Names (kebab-case, as in API, CLI and SQL) and kinds of execution states.</summary>
public static class ExecutionStates
{
    private static readonly Dictionary<ExecutionState, string> Names = new()
    {
        [ExecutionState.Queued] = "queued",
        [ExecutionState.Delivered] = "delivered",
        [ExecutionState.Running] = "running",
        [ExecutionState.Succeeded] = "succeeded",
        [ExecutionState.Failed] = "failed",
        [ExecutionState.TimedOut] = "timed-out",
        [ExecutionState.Cancelled] = "cancelled",
        [ExecutionState.Expired] = "expired",
        [ExecutionState.Rejected] = "rejected",
        [ExecutionState.Unknown] = "unknown",
    };

    private static readonly Dictionary<string, ExecutionState> States = Names.ToDictionary(n => n.Value, n => n.Key, StringComparer.Ordinal);

    /// <summary>Every state but the unspecified one, in the order of the machine.</summary>
    public static IReadOnlyList<ExecutionState> All { get; } = [.. Names.Keys];

    /// <exception cref="ArgumentOutOfRangeException">Not a state of this version.</exception>
    public static string ToName(this ExecutionState state) => Names.TryGetValue(state, out var name)
        ? name
        : throw new ArgumentOutOfRangeException(nameof(state), state, "Not an execution state.");

    public static bool TryParse([NotNullWhen(true)] string? name, out ExecutionState state)
    {
        state = ExecutionState.Unspecified;
        return name is not null && States.TryGetValue(name, out state);
    }

    /// <exception cref="FormatException">Not the name of a state.</exception>
    public static ExecutionState Parse(string name) =>
        TryParse(name, out var state) ? state : throw new FormatException($"'{name}' is not an execution state.");

    public static bool IsKnown(this ExecutionState state) => Names.ContainsKey(state);

    /// <summary>True for an end, <c>unknown</c> included.</summary>
    public static bool IsTerminal(this ExecutionState state) => state is ExecutionState.Unknown || state.IsOutcome();

    /// <summary>True for an end that says what happened: any terminal state but <c>unknown</c>. It never changes again.</summary>
    public static bool IsOutcome(this ExecutionState state) => state is ExecutionState.Succeeded or ExecutionState.Failed
        or ExecutionState.TimedOut or ExecutionState.Cancelled or ExecutionState.Expired or ExecutionState.Rejected;

    /// <summary>How far down an execution in this open state has come: queued 1, delivered 2, running 3; 4 for every end.</summary>
    internal static int Rank(this ExecutionState state) => state switch
    {
        ExecutionState.Unspecified => 0,
        ExecutionState.Queued => 1,
        ExecutionState.Delivered => 2,
        ExecutionState.Running => 3,
        _ => 4,
    };
}

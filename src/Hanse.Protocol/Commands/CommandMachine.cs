using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Commands;

/// <summary>A command's state follows from those of its executions, and from nothing else (D3).</summary>
public static class CommandMachine
{
    /// <summary>The state of a command with these executions.</summary>
    /// <exception cref="ArgumentException">There is no execution: a command has at least one host.</exception>
    public static CommandState Derive(IEnumerable<ExecutionState> executions) =>
        Derive(executions.GroupBy(state => state).ToDictionary(group => group.Key, group => (long)group.Count()));

    /// <summary>The same from the number of executions in each state, as SQL counts them.</summary>
    /// <exception cref="ArgumentException">There is no execution.</exception>
    public static CommandState Derive(IReadOnlyDictionary<ExecutionState, long> counts)
    {
        var present = counts.Where(count => count.Value > 0).Select(count => count.Key).ToArray();
        return present switch
        {
            [] => throw new ArgumentException("A command has at least one execution.", nameof(counts)),
            [ExecutionState.Queued] => CommandState.Queued,
            _ when !Array.TrueForAll(present, state => state.IsTerminal()) => CommandState.InProgress,
            [ExecutionState.Succeeded] => CommandState.Completed,
            [ExecutionState.Cancelled] => CommandState.Cancelled,
            [ExecutionState.Expired] => CommandState.Expired,
            // D3 names `failed` alone; a command whose every execution ran too long, or was refused, has not done its work in part.
            [ExecutionState.Failed] or [ExecutionState.TimedOut] or [ExecutionState.Rejected] => CommandState.Failed,
            // Any mix, and all unknown: something may have been done.
            _ => CommandState.Partial,
        };
    }
}

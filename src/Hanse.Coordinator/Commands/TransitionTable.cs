using Hanse.Protocol.Commands;

namespace Hanse.Coordinator.Commands;

/// <summary>The command machine for many rows at once (D6): what it answers for each of the statuses there can be, as arrays
/// that SQL joins with. A status that is not in the table is one for which nothing changes.</summary>
internal sealed class TransitionTable
{
    private readonly (ExecutionStatus From, ExecutionStatus To)[] _changes;

    private TransitionTable((ExecutionStatus From, ExecutionStatus To)[] changes) => _changes = changes;

    public short[] FromState => [.. _changes.Select(c => (short)c.From.State)];

    public bool[] FromCancel => [.. _changes.Select(c => c.From.CancelRequested)];

    public bool[] FromOffered => [.. _changes.Select(c => c.From.Offered)];

    public short[] ToState => [.. _changes.Select(c => (short)c.To.State)];

    public bool[] ToCancel => [.. _changes.Select(c => c.To.CancelRequested)];

    public bool[] ToOffered => [.. _changes.Select(c => c.To.Offered)];

    /// <summary>Asks the machine for every status; illegal and unchanged ones are left out.</summary>
    public static TransitionTable Of(Func<ExecutionStatus, ExecutionTransition> input) => new(
    [
        .. from state in ExecutionStates.All
           from cancel in (bool[])[false, true]
           from offered in (bool[])[false, true]
           let status = new ExecutionStatus(state, cancel, offered)
           let answer = input(status)
           where answer.IsApplied
           select (status, answer.Status!.Value),
    ]);
}

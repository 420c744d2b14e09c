using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Commands;

/// <summary>What one node knows of one execution (D2); what it must keep durably to obey <see cref="ExecutionMachine"/>.</summary>
/// <param name="State">The furthest state this node has seen or reached.</param>
/// <param name="CancelRequested">Someone wishes it cancelled; a wish, never an outcome.</param>
/// <param name="Offered">It may have reached the next node down. Recorded before the first send and never taken back: a send
/// whose answer got lost may have been taken, so from then on only the node below may end it.</param>
public readonly record struct ExecutionStatus(ExecutionState State, bool CancelRequested = false, bool Offered = false)
{
    /// <summary>A new execution at the coordinator.</summary>
    public static ExecutionStatus Queued => new(ExecutionState.Queued);

    public bool IsTerminal => State.IsTerminal();
}

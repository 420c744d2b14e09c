using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>What a session needs of whoever runs commands: the journal and runner of a real agent, or a simulated one.</summary>
public interface IExecutor
{
    /// <summary>Raised when a report is there to be sent.</summary>
    NewsSignal News { get; }

    /// <summary>Raised when output is there to be sent.</summary>
    NewsSignal OutputNews { get; }

    /// <summary>Takes an execution at most once and answers with where it stands; asked again, the same (D4). <c>Delivered</c>
    /// means that it waits for its turn. The host id is left to the session.</summary>
    ExecutionReport Offer(ExecutionOffer offer);

    /// <summary>Notes the wish; <c>cancelled</c> comes as the outcome when it has ended (D2).</summary>
    ExecutionReport Cancel(CommandId command);

    /// <summary>Everything whose outcome is not acknowledged.</summary>
    IReadOnlyList<PendingReport> Pending();

    /// <summary>The report of one execution, with its outcome when it ended; null when it is not known.</summary>
    ExecutionReport? Report(CommandId command);

    /// <summary>The site durably holds this state.</summary>
    void Acknowledge(CommandId command, ExecutionState state);

    /// <summary>The next output to send, from where the site acknowledged; empty when there is none.</summary>
    IReadOnlyList<OutputChunk> NextOutput(int maximumBytes);

    void AcknowledgeOutput(IReadOnlyList<OutputOffset> offsets);
}

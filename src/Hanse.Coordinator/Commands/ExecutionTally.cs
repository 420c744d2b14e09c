using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands;

/// <summary>How many executions of a command are in each state: the columns of commands_tally, summed over sites or of one.</summary>
internal sealed record ExecutionTally
{
    public long Queued { get; init; }

    public long Delivered { get; init; }

    public long Running { get; init; }

    public long Succeeded { get; init; }

    public long Failed { get; init; }

    public long TimedOut { get; init; }

    public long Cancelled { get; init; }

    public long Expired { get; init; }

    public long Rejected { get; init; }

    public long Unknown { get; init; }

    /// <summary>Sums for SQL, named as the properties; <c>t</c> is the tally.</summary>
    public const string Sums = """
        sum(t.queued) as Queued, sum(t.delivered) as Delivered, sum(t.running) as Running, sum(t.succeeded) as Succeeded,
        sum(t.failed) as Failed, sum(t.timed_out) as TimedOut, sum(t.cancelled) as Cancelled, sum(t.expired) as Expired,
        sum(t.rejected) as Rejected, sum(t.unknown) as Unknown
        """;

    public IReadOnlyDictionary<ExecutionState, long> Counts => new Dictionary<ExecutionState, long>
    {
        [ExecutionState.Queued] = Queued,
        [ExecutionState.Delivered] = Delivered,
        [ExecutionState.Running] = Running,
        [ExecutionState.Succeeded] = Succeeded,
        [ExecutionState.Failed] = Failed,
        [ExecutionState.TimedOut] = TimedOut,
        [ExecutionState.Cancelled] = Cancelled,
        [ExecutionState.Expired] = Expired,
        [ExecutionState.Rejected] = Rejected,
        [ExecutionState.Unknown] = Unknown,
    };

    public CommandState State => CommandMachine.Derive(Counts);

    /// <summary>Differs whenever a count does.</summary>
    public string Version => string.Join('.', Counts.Values);
}

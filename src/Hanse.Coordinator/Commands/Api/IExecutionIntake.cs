using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Commands.Api;

/// <summary>Takes in what sites tell of executions (U1, U4). Works in the caller's transaction, so that records and the mark
/// that counts them are stored together. Give all execution records of a batch in one call, after locking rows of your own:
/// it locks commands first and the audit log last.</summary>
public interface IExecutionIntake
{
    /// <summary>Applies the records in order. Each has exactly one effect however often it comes; one that contradicts what is
    /// known is refused and changes nothing (D6). A command not known here is rebuilt from the record's origin. Every outcome
    /// becomes an audit entry.</summary>
    /// <returns>One answer a record, in order.</returns>
    Task<IReadOnlyList<ExecutionIntakeResult>> ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, IReadOnlyList<ExecutionRecord> records, CancellationToken cancellation);
}

/// <summary>What became of one execution record.</summary>
/// <param name="Changed">False for a repetition and for news that has been overtaken.</param>
/// <param name="Refusal">Code and message for the site, which sets the record aside (U3); null if it was taken.</param>
public sealed record ExecutionIntakeResult(bool Changed, ExecutionRefusal? Refusal = null);

/// <summary>Why a record was refused.</summary>
public sealed record ExecutionRefusal(string Code, string Message);

using Npgsql;

namespace Hanse.Audit;

/// <summary>The coordinator's audit log. Entries become part of the caller's transaction: the operation and its entry are
/// committed together or not at all (invariant 6). Appending locks the log until that transaction ends, so lock your own
/// rows first, append last, and commit soon; otherwise two transactions can wait for each other.</summary>
public interface IAuditLog
{
    /// <summary>Appends one entry and returns its sequence number.</summary>
    Task<long> AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEvent entry, CancellationToken cancellation);

    /// <summary>Appends these in order, as many as there are in two statements, and returns the first sequence number.</summary>
    Task<long> AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<AuditEvent> entries, CancellationToken cancellation);

    /// <summary>Ends the log for good and begins another with this entry, which must say what it follows (A4). Waits for appends that are under way.</summary>
    Task BeginAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEvent first, CancellationToken cancellation);
}

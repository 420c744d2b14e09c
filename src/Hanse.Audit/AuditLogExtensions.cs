using Npgsql;

namespace Hanse.Audit;

/// <summary>What is written to the audit log by itself.</summary>
public static class AuditLogExtensions
{
    /// <summary>Appends one entry in a transaction of its own: before somebody else is asked to act, and after he did.</summary>
    public static async Task AppendAsync(this IAuditLog log, NpgsqlDataSource database, AuditEvent entry, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await log.AppendAsync(connection, transaction, entry, cancellation);
        await transaction.CommitAsync(cancellation);
    }
}

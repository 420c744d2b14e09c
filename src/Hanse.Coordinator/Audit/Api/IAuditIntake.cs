using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Audit.Api;

/// <summary>Takes a site's own audit records into the coordinator's log (U1). The caller's mark makes it exactly once.</summary>
public interface IAuditIntake
{
    /// <summary>Appends one entry for each record, in order, in the caller's transaction. Like every append: last.</summary>
    Task ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, IReadOnlyList<AuditRecord> records, CancellationToken cancellation);
}

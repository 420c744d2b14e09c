using Hanse.Audit.Witnessing;
using Hanse.Protocol.Ids;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Audit;

/// <summary>A site's log that did not go on from what the coordinator saw of it: beside the entry in the coordinator's own log, its operators read it in
/// the process's log and in <c>hanse status</c>.</summary>
internal sealed partial class AuditAlarm(ILogger<AuditAlarm> logger) : IAuditAlarm
{
    public Task TellAsync(NpgsqlTransaction transaction, NodeIdentity owner, string operation, string why, CancellationToken cancellation)
    {
        LogBroken(owner, operation, why);
        return Task.CompletedTask;
    }

    public void Told()
    {
    }

    [LoggerMessage(1, LogLevel.Error, "The audit log of {Owner} is not the one that was seen ({Operation}): {Why}")]
    private partial void LogBroken(NodeIdentity owner, string operation, string why);
}

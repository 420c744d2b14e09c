using Hanse.Audit.Witnessing;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Audit;

/// <summary>The coordinator's log is not the one this site saw: an alert goes up as a record, and the site's operators read it in the process's log
/// and in the site's status. The site's own log has it as well, whatever becomes of the coordinator's.</summary>
internal sealed partial class AuditAlarm(IOutbox outbox, TimeProvider time, ILogger<AuditAlarm> logger) : IAuditAlarm
{
    public Task TellAsync(NpgsqlTransaction transaction, NodeIdentity owner, string operation, string why, CancellationToken cancellation)
    {
        LogBroken(owner, operation, why);
        return outbox.AppendAsync(
            transaction,
            [new Record
            {
                Audit = new AuditRecord
                {
                    OccurredUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds(), Operation = operation, Actor = "site",
                    DetailJson = System.Text.Json.JsonSerializer.Serialize(new { owner = owner.ToString(), why }),
                },
            }],
            cancellation);
    }

    public void Told() => outbox.Wake();

    [LoggerMessage(1, LogLevel.Error, "The audit log of {Owner} is not the one that was seen ({Operation}): {Why}")]
    private partial void LogBroken(NodeIdentity owner, string operation, string why);
}

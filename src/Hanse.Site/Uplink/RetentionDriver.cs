using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>Once an hour forgets what the outbox need no longer keep (U4).</summary>
internal sealed partial class RetentionDriver(RecordStore records, TimeProvider time, ILogger<RetentionDriver> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var forgotten = await records.PruneAsync(cancellation);
                LogPruned(forgotten);
            }
            catch (NpgsqlException away)
            {
                LogNotPruned(away.Message);
            }

            await Task.Delay(Interval, time, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Count} acknowledged records forgotten")]
    private partial void LogPruned(int count);

    [LoggerMessage(2, LogLevel.Warning, "Old records could not be forgotten: {Why}")]
    private partial void LogNotPruned(string why);
}

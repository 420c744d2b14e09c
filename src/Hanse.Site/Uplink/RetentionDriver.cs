using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>Once an hour forgets what the outbox need no longer keep (U4), and every few seconds looks whether it holds more than it may (U7): then the
/// site takes no new commands, since their outcomes would fill it, and loses nothing that it holds.</summary>
internal sealed partial class RetentionDriver(RecordStore records, SiteOptions options, DiskSpace space, TimeProvider time, ILogger<RetentionDriver> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellation)
    {
        var pruned = default(DateTimeOffset);
        while (true)
        {
            try
            {
                await LookAsync(cancellation);
                if (time.GetUtcNow() - pruned >= Interval)
                {
                    LogPruned(await records.PruneAsync(options.OutboxKept, cancellation));
                    pruned = time.GetUtcNow();
                }
            }
            catch (NpgsqlException away)
            {
                LogNotPruned(away.Message);
            }

            await Task.Delay(Look, time, cancellation);
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        var full = await records.IsFullAsync(options.OutboxBound, cancellation);
        if (full != space.OutboxFull)
        {
            space.OutboxFull = full;
            LogBound(full ? "holds more records than it may: no new commands are taken until the coordinator has taken some" : "has room again", options.OutboxBound);
        }
    }

    [LoggerMessage(3, LogLevel.Warning, "The outbox {State}; its bound is {Bound}")]
    private partial void LogBound(string state, long bound);

    [LoggerMessage(1, LogLevel.Debug, "{Count} acknowledged records forgotten")]
    private partial void LogPruned(int count);

    [LoggerMessage(2, LogLevel.Warning, "Old records could not be forgotten: {Why}")]
    private partial void LogNotPruned(string why);
}

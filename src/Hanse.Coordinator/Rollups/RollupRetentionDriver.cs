using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Rollups;

/// <summary>Once an hour forgets history that is older than its step is kept.</summary>
internal sealed partial class RollupRetentionDriver(NpgsqlDataSource database, TimeProvider time, ILogger<RollupRetentionDriver> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellation);
                LogPruned(await RollupHistoryStore.PruneAsync(connection, time.GetUtcNow(), cancellation));
            }
            catch (NpgsqlException away)
            {
                LogNotPruned(away.Message);
            }

            await Task.Delay(Interval, time, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Count} points of rollups forgotten")]
    private partial void LogPruned(int count);

    [LoggerMessage(2, LogLevel.Warning, "Old rollups could not be forgotten: {Why}")]
    private partial void LogNotPruned(string why);
}

using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Metrics;

/// <summary>Every few seconds stores the minutes that are full, and every hour forgets what is too old. Metrics are lossy (G2): what cannot be stored is
/// told and let go, and on a full disk nothing is stored (U7). At a stop <see cref="StoreRestAsync"/> stores what is left.</summary>
internal sealed partial class MetricsDriver(
    MeterTable meters, MetricsService service, NpgsqlDataSource database, IHosts hosts, ISiteIdentity identity, SiteOptions options, MetricsSurroundings surroundings)
{
    private const int Batch = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await identity.JoinedAsync(cancellation);
        var (opened, pruned) = (false, default(DateTimeOffset));
        while (true)
        {
            try
            {
                if (!opened)
                {
                    await service.OpenAsync(cancellation);
                    opened = true;
                }

                await StoreAsync(Minute, cancellation);
                if (surroundings.Time.GetUtcNow() is var now && (now - pruned >= PruneEvery || now < pruned))
                {
                    await surroundings.Store.PruneAsync(now - options.Metrics.Kept, now - options.Metrics.History, cancellation);
                    pruned = now;
                }
            }
            catch (NpgsqlException away)
            {
                LogNotStored(surroundings.Logger, away.Message);
            }

            await Task.Delay(Pause, surroundings.Time, cancellation);
        }
    }

    /// <summary>Stores everything, full or not.</summary>
    public async Task StoreRestAsync(CancellationToken cancellation)
    {
        try
        {
            await StoreAsync(TimeSpan.Zero, cancellation);
        }
        catch (NpgsqlException away)
        {
            LogNotStored(surroundings.Logger, away.Message);
        }
    }

    private async Task StoreAsync(TimeSpan age, CancellationToken cancellation)
    {
        while (meters.TakeRows(age, Batch) is { Count: > 0 } rows && surroundings.Space.Refusal() is null)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            var asked = rows.Select(r => r.Host).ToHashSet();
            var known = await hosts.KnownAsync(transaction, asked, cancellation);
            asked.ExceptWith(known);
            foreach (var gone in asked)
            {
                meters.Remove(gone);
            }

            await MetricsStore.PutAsync(transaction, [.. rows.Where(r => known.Contains(r.Host))], cancellation);
            await transaction.CommitAsync(cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Metrics of some hosts are lost, they could not be stored: {Why}")]
    private static partial void LogNotStored(ILogger logger, string why);
}

/// <summary>By what the metrics' driver goes.</summary>
internal sealed record MetricsSurroundings(MetricsStore Store, DiskSpace Space, TimeProvider Time, ILogger<MetricsDriver> Logger);

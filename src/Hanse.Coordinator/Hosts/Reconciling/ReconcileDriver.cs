using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>Compares the directory with each site once a night. A site that is away or suspended at its turn is compared once it is back.</summary>
internal sealed partial class ReconcileDriver(
    HostReconciler reconciler, ReconciliationStore store, ISites sites, ISiteChannel channel, CoordinatorOptions options, TimeProvider time,
    ILogger<ReconcileDriver> logger)
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await RoundAsync(cancellation);
            }
            catch (NpgsqlException away)
            {
                LogNotCompared(away.Message);
            }

            await Task.Delay(Interval, time, cancellation);
        }
    }

    /// <summary>Compares every site whose turn has come and whose link this replica holds; returns when all are done.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        var last = await store.LastInstantsAsync(cancellation);
        var now = time.GetUtcNow();
        var due = channel.Accepting.Where(s => last.TryGetValue(s, out var at) && at < ReconcilePlanner.LastTurn(s, options.ReconcileAt, now)).ToList();
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (site, stop) => await CompareAsync(site, stop));
    }

    private async Task CompareAsync(SiteId site, CancellationToken cancellation)
    {
        if (await sites.FindAsync(site.ToString(), cancellation) is not { Lifecycle: SiteLifecycle.Enrolled } row)
        {
            return;
        }

        var result = await reconciler.RunAsync(row, cancellation);
        if (result.ErrorCode is not null)
        {
            LogFailed(row.Name, result.ErrorCode, result.Error!);
        }
        else if (result.Mended > 0)
        {
            LogMended(row.Name, result.Missing, result.Differing, result.Ghosts);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The directory is not compared with its sites: {Why}")]
    private partial void LogNotCompared(string why);

    [LoggerMessage(2, LogLevel.Warning, "The directory could not be compared with site {Site}: {Code}: {Why}")]
    private partial void LogFailed(string site, string code, string why);

    [LoggerMessage(3, LogLevel.Warning, "Site {Site} sends again what the directory had wrong: {Missing} missing, {Differing} differing, {Ghosts} ghosts")]
    private partial void LogMended(string site, long missing, long differing, long ghosts);
}

using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Rollups;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Rollups.Api;
using Hanse.Site.Uplink.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Rollups;

/// <summary>Computes this site's rollups at every interval and puts what changed into the outbox; what did not change is told again now and then, so that
/// everybody sees that it still holds. With the coordinator away only the newest of each waits (U2).</summary>
internal sealed partial class RollupDriver(
    IEnumerable<IRollupSource> sources, NpgsqlDataSource database, IOutbox outbox, ISiteIdentity identity, SiteOptions options, RollupClock clock)
{
    private readonly Dictionary<string, (string Value, DateTimeOffset At)> _told = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await identity.JoinedAsync(cancellation);
        await Task.Delay(RollupClock.AfterStart, clock.Time, cancellation);
        while (true)
        {
            try
            {
                await TellAsync(cancellation);
            }
            catch (NpgsqlException away)
            {
                LogNotTold(clock.Logger, away.Message);
            }

            await Task.Delay(options.RollupInterval, clock.Time, cancellation);
        }
    }

    internal async Task TellAsync(CancellationToken cancellation)
    {
        var now = clock.Time.GetUtcNow();
        var changed = new List<(string Metric, string Value)>();
        foreach (var source in sources)
        {
            foreach (var rollup in await source.ComputeAsync(cancellation))
            {
                var value = RollupValue.Write(RollupValue.Bounded(rollup.Counts));
                if (!_told.TryGetValue(rollup.Metric, out var told) || told.Value != value || now - told.At >= RollupClock.ToldAgain || now < told.At)
                {
                    changed.Add((rollup.Metric, value));
                }
            }
        }

        if (changed.Count == 0)
        {
            return;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await outbox.PutAsync(
            transaction, StateClass.Rollup,
            [.. changed.Select(c => (ByteString.CopyFromUtf8(c.Metric),
                (IMessage)new RollupState { Metric = c.Metric, ValueJson = c.Value, ComputedUnixMs = now.ToUnixTimeMilliseconds() }))],
            cancellation);
        await transaction.CommitAsync(cancellation);
        outbox.WakeStates();
        changed.ForEach(c => _told[c.Metric] = (c.Value, now));
    }

    [LoggerMessage(1, LogLevel.Warning, "Rollups could not be computed, and are tried again: {Why}")]
    private static partial void LogNotTold(ILogger logger, string why);
}

/// <summary>By what the rollups' driver goes.</summary>
internal sealed record RollupClock(TimeProvider Time, ILogger<RollupDriver> Logger)
{
    /// <summary>Agents come back first.</summary>
    public static readonly TimeSpan AfterStart = TimeSpan.FromSeconds(5);

    /// <summary>An unchanged value is told again after this long.</summary>
    public static readonly TimeSpan ToldAgain = TimeSpan.FromMinutes(10);
}

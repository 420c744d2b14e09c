using System.Collections.Immutable;
using Dapper;
using Hanse.Coordinator.Rollups.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Rollups;
using Npgsql;

namespace Hanse.Coordinator.Rollups;

/// <summary>One row per site and metric, as the site computed it, in the newest version (U2), and its history.</summary>
internal sealed class RollupStore(TimeProvider time) : IRollups
{
    private const int MaxValue = 16 * 1024;

    /// <summary>The last millisecond of the year 9999.</summary>
    private const long LastInstant = 253_402_300_799_999;

    public async Task<IReadOnlyList<StateRefusal>> ApplyAsync(
        NpgsqlTransaction transaction, SiteId site, int ordinal, IReadOnlyList<StateEntry> entries, CancellationToken cancellation)
    {
        var refusals = new List<StateRefusal>();
        var now = time.GetUtcNow();
        var told = new List<(string Metric, DateTimeOffset At, ImmutableSortedDictionary<string, long> Counts)>();
        foreach (var entry in entries)
        {
            ImmutableSortedDictionary<string, long>? counts = null;
            if (Fault(entry, ref counts) is { } why)
            {
                refusals.Add(new StateRefusal
                {
                    Class = entry.Class, Key = entry.Key, Counter = entry.Counter, Code = ErrorCodes.RequestInvalid, Message = why,
                });
                continue;
            }

            var metric = entry.Key.ToStringUtf8();
            var computed = entry.Deleted ? now : DateTimeOffset.FromUnixTimeMilliseconds(entry.Rollup.ComputedUnixMs);
            if (await PutAsync(transaction, new(site.Value, metric, ordinal, (long)entry.Counter, counts is null ? "null" : RollupValue.Write(counts), computed, now), cancellation))
            {
                // A site whose clock is ahead does not write into the future of a chart; what is gone counts nothing from now on.
                told.Add((metric, computed < now ? computed : now, counts ?? ImmutableSortedDictionary<string, long>.Empty));
            }
        }

        if (told.Count > 0)
        {
            await RollupHistoryStore.AddAsync(transaction, site, told, now, cancellation);
        }

        return refusals;
    }

    /// <summary>A deleted metric keeps its row with a null value, so that an older replay cannot bring it back. False if the entry was not newer.</summary>
    private static async Task<bool> PutAsync(NpgsqlTransaction transaction, Value value, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into rollups_value as r (site_id, metric, ordinal, counter, value, computed_at, received_at)
            values (@Site, @Metric, @Ordinal, @Counter, @Json::jsonb, @Computed, @Received)
            on conflict (site_id, metric) do update
                set ordinal = excluded.ordinal, counter = excluded.counter, value = excluded.value,
                    computed_at = excluded.computed_at, received_at = excluded.received_at
                where (excluded.ordinal, excluded.counter) > (r.ordinal, r.counter)
            """,
            value, transaction, cancellationToken: cancellation)) > 0;

    private static string? Fault(StateEntry entry, ref ImmutableSortedDictionary<string, long>? counts)
    {
        if (entry.Key.Length is 0 or > 100 || entry.Key.Any(b => b is < 0x20 or > 0x7e))
        {
            return "A rollup's key is its metric's name, at most 100 printable ASCII characters.";
        }

        if (entry.Counter > long.MaxValue || entry.Rollup?.ComputedUnixMs is < 0 or > LastInstant)
        {
            return "A rollup's counter is below 2^63, and it was computed between the years 1970 and 9999.";
        }

        if (entry.Deleted)
        {
            return null;
        }

        if (entry.Rollup?.ValueJson is not { Length: <= MaxValue } json)
        {
            return $"A rollup's value has at most {MaxValue} characters.";
        }

        counts = RollupValue.Read(json, out var fault);
        return fault;
    }

    private sealed record Value(Guid Site, string Metric, int Ordinal, long Counter, string Json, DateTimeOffset Computed, DateTimeOffset Received);
}

using Dapper;
using Hanse.Coordinator.Rollups.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Rollups;

/// <summary>One row per site and metric, as the site computed it, in the newest version (U2).</summary>
internal sealed class RollupStore(TimeProvider time) : IRollups
{
    private const int MaxValue = 16 * 1024;

    /// <summary>The last millisecond of the year 9999.</summary>
    private const long LastInstant = 253_402_300_799_999;

    public async Task<IReadOnlyList<StateRefusal>> ApplyAsync(
        NpgsqlTransaction transaction, SiteId site, int ordinal, IReadOnlyList<StateEntry> entries, CancellationToken cancellation)
    {
        var refusals = new List<StateRefusal>();
        foreach (var entry in entries)
        {
            if (Fault(entry) is { } why)
            {
                refusals.Add(new StateRefusal
                {
                    Class = entry.Class, Key = entry.Key, Counter = entry.Counter, Code = ErrorCodes.RequestInvalid, Message = why,
                });
                continue;
            }

            // A deleted metric keeps its row with a null value, so that an older replay cannot bring it back.
            var (value, computed) = entry.Deleted
                ? ("null", time.GetUtcNow())
                : (entry.Rollup.ValueJson, DateTimeOffset.FromUnixTimeMilliseconds(entry.Rollup.ComputedUnixMs));
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                """
                insert into rollups_value as r (site_id, metric, ordinal, counter, value, computed_at, received_at)
                values (@site, @metric, @ordinal, @counter, @value::jsonb, @computed, @now)
                on conflict (site_id, metric) do update
                    set ordinal = excluded.ordinal, counter = excluded.counter, value = excluded.value,
                        computed_at = excluded.computed_at, received_at = excluded.received_at
                    where (excluded.ordinal, excluded.counter) > (r.ordinal, r.counter)
                """,
                new
                {
                    site = site.Value, metric = entry.Key.ToStringUtf8(), ordinal, counter = (long)entry.Counter, value, computed, now = time.GetUtcNow(),
                },
                transaction, cancellationToken: cancellation));
        }

        return refusals;
    }

    private static string? Fault(StateEntry entry)
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

        try
        {
            using var _ = System.Text.Json.JsonDocument.Parse(entry.Rollup?.ValueJson ?? "");
            return entry.Rollup!.ValueJson.Length > MaxValue ? $"A rollup's value has at most {MaxValue} characters."
                // PostgreSQL holds no NUL, not even escaped.
                : entry.Rollup.ValueJson.Contains("\\u0000", StringComparison.Ordinal) ? "A rollup's value holds no NUL." : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return "A rollup's value is JSON.";
        }
    }
}

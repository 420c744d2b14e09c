using System.Collections.Immutable;
using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Rollups;
using Npgsql;

namespace Hanse.Coordinator.Rollups;

/// <summary>What rollups were.</summary>
internal static class RollupHistoryStore
{
    /// <summary>Notes what a site told, in every step whose retention it still falls into. One site's batches come one after the other, under its mark.</summary>
    public static async Task AddAsync(
        NpgsqlTransaction transaction, SiteId site, IReadOnlyList<(string Metric, DateTimeOffset At, ImmutableSortedDictionary<string, long> Counts)> told,
        DateTimeOffset now, CancellationToken cancellation)
    {
        var wanted = told.SelectMany(t => Enum.GetValues<RollupStep>().Where(s => now - t.At < s.Retention()).Select(s => (t.Metric, Step: s, At: s.PointOf(t.At), t.Counts))).ToList();
        var held = (await transaction.Connection!.QueryAsync<Row>(new CommandDefinition(
            """
            select p.site_id as SiteId, p.metric, p.step, p.at, p.value, p.low, p.high from rollups_point p
            join unnest(@metrics, @steps, @ats) w (metric, step, at) on p.metric = w.metric and p.step = w.step and p.at = w.at
            where p.site_id = @site
            """,
            new
            {
                site = site.Value, metrics = wanted.Select(w => w.Metric).ToArray(), steps = wanted.Select(w => (short)w.Step).ToArray(),
                ats = wanted.Select(w => w.At).ToArray(),
            },
            transaction, cancellationToken: cancellation))).ToDictionary(r => (r.Metric, (RollupStep)r.Step, r.At), r => r.Point);
        foreach (var (metric, step, at, counts) in wanted)
        {
            held[(metric, step, at)] = held.TryGetValue((metric, step, at), out var point) ? point.With(counts) : RollupPoint.Of(at, counts);
        }

        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into rollups_point (site_id, metric, step, at, value, low, high)
            select @site, metric, step, at, value::jsonb, low::jsonb, high::jsonb
            from unnest(@metrics, @steps, @ats, @values, @lows, @highs) w (metric, step, at, value, low, high)
            on conflict (site_id, metric, step, at) do update set value = excluded.value, low = excluded.low, high = excluded.high
            """,
            new
            {
                site = site.Value,
                metrics = held.Keys.Select(k => k.Metric).ToArray(), steps = held.Keys.Select(k => (short)k.Item2).ToArray(), ats = held.Keys.Select(k => k.Item3).ToArray(),
                values = held.Values.Select(p => RollupValue.Write(p.Last)).ToArray(), lows = held.Values.Select(p => RollupValue.Write(p.Low)).ToArray(),
                highs = held.Values.Select(p => RollupValue.Write(p.High)).ToArray(),
            },
            transaction, cancellationToken: cancellation));
    }

    /// <summary>One metric's points in a time, and the last of each site before it. A site that was removed then counts nothing from that moment on.</summary>
    public static async Task<IReadOnlyList<(Guid Site, RollupPoint Point)>> ReadAsync(
        NpgsqlConnection connection, string metric, SiteId? site, RollupStep step, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        [.. (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select site_id as SiteId, metric, step, at, value, low, high from rollups_point
            where metric = @metric and step = @step and at >= @from and at <= @to and (@site::uuid is null or site_id = @site)
            union all
            select before.site_id, before.metric, before.step, before.at, before.value, before.low, before.high
            from sites_site s cross join lateral (
                select p.* from rollups_point p where p.site_id = s.id and p.metric = @metric and p.step = @step and p.at < @from order by p.at desc limit 1
            ) before
            where (s.removed_at is null or s.removed_at > @from) and (@site::uuid is null or s.id = @site)
            union all
            select s.id, @metric, @step::smallint, s.removed_at, '{}', '{}', '{}' from sites_site s
            where s.removed_at > @from and s.removed_at <= @to and (@site::uuid is null or s.id = @site)
            order by 4
            """,
            new { metric, step = (short)step, from, to, site = site?.Value }, cancellationToken: cancellation))).Select(r => (r.SiteId, r.Point))];

    /// <summary>Forgets what is older than its step's retention. Returns how many points.</summary>
    public static async Task<int> PruneAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellation) =>
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from rollups_point p using unnest(@steps, @befores) k (step, before) where p.step = k.step and p.at < k.before",
            new
            {
                steps = Enum.GetValues<RollupStep>().Select(s => (short)s).ToArray(),
                befores = Enum.GetValues<RollupStep>().Select(s => now - s.Retention()).ToArray(),
            },
            cancellationToken: cancellation));

    private sealed class Row
    {
        public Guid SiteId { get; init; }
        public string Metric { get; init; } = "";
        public short Step { get; init; }
        public DateTimeOffset At { get; init; }
        public string Value { get; init; } = "";
        public string Low { get; init; } = "";
        public string High { get; init; } = "";

        public RollupPoint Point => new(At, Counts(Value), Counts(Low), Counts(High));

        private static ImmutableSortedDictionary<string, long> Counts(string json) =>
            RollupValue.Read(json, out var fault) ?? throw new InvalidDataException($"A stored rollup cannot be read: {fault}");
    }
}

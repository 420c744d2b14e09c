using System.Collections.Immutable;
using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Rollups;
using Npgsql;

namespace Hanse.Coordinator.Rollups;

/// <summary>What rollups are now, of sites that are not removed.</summary>
internal static class RollupReadStore
{
    public static async Task<IReadOnlyList<RollupNow>> ListAsync(NpgsqlConnection connection, SiteId? site, CancellationToken cancellation) =>
        [.. (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select r.site_id as SiteId, s.name as Site, r.metric, r.value, r.computed_at as ComputedAt, r.received_at as ReceivedAt
            from rollups_value r join sites_site s on s.id = r.site_id
            where s.status <> 3 and r.value <> 'null'::jsonb and (@site::uuid is null or r.site_id = @site)
            order by r.metric, s.name, r.site_id
            """,
            new { site = site?.Value }, cancellationToken: cancellation)))
            .Select(r => new RollupNow(r.Metric, r.Site, new SiteId(r.SiteId), r.Counts, r.ComputedAt, r.ReceivedAt))];

    private sealed class Row
    {
        public Guid SiteId { get; init; }
        public string Site { get; init; } = "";
        public string Metric { get; init; } = "";
        public string Value { get; init; } = "";
        public DateTimeOffset ComputedAt { get; init; }
        public DateTimeOffset ReceivedAt { get; init; }

        public ImmutableSortedDictionary<string, long> Counts =>
            RollupValue.Read(Value, out var fault) ?? throw new InvalidDataException($"A stored rollup cannot be read: {fault}");
    }
}

/// <summary>A site's metric as it told it last.</summary>
internal sealed record RollupNow(
    string Metric, string Site, SiteId SiteId, IReadOnlyDictionary<string, long> Counts, DateTimeOffset ComputedAt, DateTimeOffset ReceivedAt);

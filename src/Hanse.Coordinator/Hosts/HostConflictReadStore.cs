using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>Hosts that a site claims and another owns, newest claim first.</summary>
internal static class HostConflictReadStore
{
    public static async Task<IReadOnlyList<HostConflict>> ListAsync(NpgsqlConnection connection, int limit, CancellationToken cancellation) =>
        [.. (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select c.host, c.hostname, o.name as Owner, o.id as OwnerId, s.name as Claimant, s.id as ClaimantId, c.claims, c.first_at as FirstAt, c.last_at as LastAt
            from hosts_conflict c join sites_site o on o.key = c.owner join sites_site s on s.key = c.claimant
            order by c.last_at desc, c.host, c.claimant limit @limit
            """,
            new { limit }, cancellationToken: cancellation)))
            .Select(r => new HostConflict(
                new HostId(r.Host), r.Hostname, r.Owner, new SiteId(r.OwnerId), r.Claimant, new SiteId(r.ClaimantId), r.Claims, r.FirstAt, r.LastAt))];

    private sealed class Row
    {
        public Guid Host { get; init; }
        public string Hostname { get; init; } = "";
        public string Owner { get; init; } = "";
        public Guid OwnerId { get; init; }
        public string Claimant { get; init; } = "";
        public Guid ClaimantId { get; init; }
        public long Claims { get; init; }
        public DateTimeOffset FirstAt { get; init; }
        public DateTimeOffset LastAt { get; init; }
    }
}

/// <summary>A claim that was refused (J4): the owner keeps the host until the agent's own proof moves it.</summary>
internal sealed record HostConflict(
    HostId Host, string Hostname, string Owner, SiteId OwnerId, string Claimant, SiteId ClaimantId, long Claims, DateTimeOffset FirstAt, DateTimeOffset LastAt);

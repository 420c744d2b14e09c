using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Agents.Readiness;

/// <summary>Which roots each agent has confirmed, and from which root its certificate comes (T4).</summary>
internal sealed class AgentTrustStore(NpgsqlDataSource database)
{
    private const string Present = "removed_at is null and status <> 4";
    private const int MostListed = 100;

    /// <summary>The agent holds exactly these roots, durably.</summary>
    public async Task ConfirmAsync(IReadOnlyCollection<HostId> hosts, byte[] roots, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update agents_host set trusted_roots = @roots where id = any(@ids)", new { ids = Ids(hosts), roots }, cancellationToken: cancellation));
    }

    /// <summary>Of these, the agents that have not confirmed the roots.</summary>
    public Task<IReadOnlyList<HostId>> LackingAsync(IReadOnlyCollection<HostId> of, byte[] roots, CancellationToken cancellation) =>
        FindAsync($"{Present} and trusted_roots is distinct from @key", of, roots, cancellation);

    /// <summary>Of these, the agents whose certificate comes from another root.</summary>
    public Task<IReadOnlyList<HostId>> DependingAsync(IReadOnlyCollection<HostId> of, byte[] root, CancellationToken cancellation) =>
        FindAsync($"{Present} and certificate_root is distinct from @key", of, root, cancellation);

    /// <summary>The hosts of this list that are here and not marked as banned yet.</summary>
    public Task<IReadOnlyList<HostId>> UnmarkedAsync(IReadOnlyCollection<HostId> of, CancellationToken cancellation) => FindAsync(Present, of, [], cancellation);

    /// <summary>Adds what concerns agents to a report.</summary>
    /// <param name="report">To be filled.</param>
    /// <param name="question">What counts as ready, and what still counts at all.</param>
    /// <param name="online">Connected now.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task DescribeAsync(TrustReport report, TrustQuestion question, IReadOnlySet<HostId> online, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var parameters = new { question.Roots, question.IssuingRoot, question.StillCounts, question.OverdueBefore, online = Ids(online), limit = MostListed };
        // A certificate that ended longer ago than the window opens nothing any more, so nobody waits for it.
        const string Depends = $"{Present} and certificate_root is distinct from @IssuingRoot and certificate_not_after > @StillCounts";
        const string Lacks = $"{Present} and trusted_roots is distinct from @Roots and certificate_not_after > @StillCounts";
        var (all, lacking, depending, overdue) = await connection.QuerySingleAsync<(long, long, long, long)>(new CommandDefinition(
            $"""
            select count(*) filter (where {Present}), count(*) filter (where {Lacks}), count(*) filter (where {Depends}),
                   count(*) filter (where {Present} and id = any(@online)
                       and certificate_not_before + (certificate_not_after - certificate_not_before) * 0.7 < @OverdueBefore)
            from agents_host
            """,
            parameters, cancellationToken: cancellation));
        (report.Agents, report.Lacking, report.Depending, report.Overdue) = ((ulong)all, (ulong)lacking, (ulong)depending, (ulong)overdue);
        if (lacking > 0)
        {
            report.LackingHosts.AddRange(await ListAsync(connection, Lacks, parameters, online, cancellation));
        }

        if (depending > 0)
        {
            report.DependingHosts.AddRange(await ListAsync(connection, Depends, parameters, online, cancellation));
        }

        var ends = await connection.QueryAsync<(DateTime Day, long Online, long Offline)>(new CommandDefinition(
            $"""
            select date_trunc('day', certificate_not_after at time zone 'UTC'), count(*) filter (where id = any(@online)), count(*) filter (where id <> all(@online))
            from agents_host where {Present} group by 1 order by 1 limit 4000
            """,
            parameters, cancellationToken: cancellation));
        report.AgentEnds.AddRange(ends.Select(e => new AgentEnd
        {
            DayUnixS = new DateTimeOffset(e.Day, TimeSpan.Zero).ToUnixTimeSeconds(), Online = (ulong)e.Online, Offline = (ulong)e.Offline,
        }));
    }

    private static async Task<IEnumerable<AgentReadiness>> ListAsync(
        NpgsqlConnection connection, string condition, object parameters, IReadOnlySet<HostId> online, CancellationToken cancellation)
    {
        var rows = await connection.QueryAsync<(Guid Id, string Hostname, DateTime LastSeen)>(new CommandDefinition(
            $"select id, hostname, last_seen from agents_host where {condition} order by hostname, id limit @limit", parameters, cancellationToken: cancellation));
        return rows.Select(r => new AgentReadiness
        {
            HostId = new HostId(r.Id).ToWire(), Hostname = r.Hostname, Online = online.Contains(new HostId(r.Id)),
            LastSeenUnixS = new DateTimeOffset(r.LastSeen, TimeSpan.Zero).ToUnixTimeSeconds(),
        });
    }

    private async Task<IReadOnlyList<HostId>> FindAsync(string condition, IReadOnlyCollection<HostId> of, byte[] key, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. (await connection.QueryAsync<Guid>(new CommandDefinition(
            $"select id from agents_host where id = any(@ids) and {condition}", new { ids = Ids(of), key }, cancellationToken: cancellation))).Select(HostId.From)];
    }

    private static Guid[] Ids(IEnumerable<HostId> hosts) => [.. hosts.Select(h => h.Value)];
}

/// <summary>What a report is told against.</summary>
/// <param name="Roots">Names the set of roots in force here.</param>
/// <param name="IssuingRoot">SHA-256 of the key of the root that certificates should come from.</param>
/// <param name="StillCounts">Certificates that ended before this open nothing any more (T6).</param>
/// <param name="OverdueBefore">The present: one past seven tenths of its life should have been renewed.</param>
internal sealed record TrustQuestion(byte[] Roots, byte[] IssuingRoot, DateTimeOffset StillCounts, DateTimeOffset OverdueBefore);

using Dapper;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Rollups;
using Hanse.Site.Rollups.Api;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>Counts hosts by status, operating system and agent version, in one pass.</summary>
internal sealed class HostRollupStore(NpgsqlDataSource database) : IRollupSource
{
    private static readonly HostStatus[] Statuses = [HostStatus.Online, HostStatus.Offline, HostStatus.Quarantined, HostStatus.Banned];

    public async Task<IReadOnlyList<Rollup>> ComputeAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select status, os, agent_version as AgentVersion, count(*) as hosts from agents_host where removed_at is null
            group by grouping sets ((status), (os), (agent_version))
            """,
            cancellationToken: cancellation))).ToList();
        return
        [
            new(RollupMetrics.HostStatus, Statuses.ToDictionary(Name, s => rows.Where(r => r.Status == (short)s).Sum(r => r.Hosts))),
            new(RollupMetrics.HostOs, Labelled(rows.Where(r => r.Os is not null), r => r.Os!)),
            new(RollupMetrics.AgentVersions, Labelled(rows.Where(r => r.AgentVersion is not null), r => r.AgentVersion!)),
        ];
    }

    private static string Name(HostStatus status) => status.ToString().ToLowerInvariant();

    private static Dictionary<string, long> Labelled(IEnumerable<Row> rows, Func<Row, string> label) =>
        rows.GroupBy(r => Text(label(r)), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(r => r.Hosts), StringComparer.Ordinal);

    /// <summary>Names come from machines we do not control.</summary>
    private static string Text(string text)
    {
        var label = new string([.. text.Where(c => !char.IsControl(c)).Take(RollupMetrics.MaxLabel)]);
        return label.Length == 0 ? "(unknown)" : label;
    }

    private sealed class Row
    {
        public short? Status { get; init; }
        public string? Os { get; init; }
        public string? AgentVersion { get; init; }
        public long Hosts { get; init; }
    }
}

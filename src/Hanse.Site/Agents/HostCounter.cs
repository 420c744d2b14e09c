using Dapper;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>How many hosts there are, and how many of them are connected.</summary>
internal sealed class HostCounter(NpgsqlDataSource database, AgentLinks links)
{
    public async Task<(long All, long Online)> CountAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var all = await connection.QuerySingleAsync<long>(new CommandDefinition(
            "select count(*) from agents_host where removed_at is null", cancellationToken: cancellation));
        return (all, links.Count);
    }
}

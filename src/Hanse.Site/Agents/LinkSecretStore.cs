using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>What a hello is judged by, and the secret it is answered with (J5).</summary>
internal sealed class LinkSecretStore(NpgsqlDataSource database)
{
    public async Task<HelloRow?> FindAsync(HostId host, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<HelloRow>(new CommandDefinition(
            """
            select status, status_reason as StatusReason, link_secret as LinkSecret, previous_link_secret as PreviousLinkSecret,
                   removed_at is not null as Removed
            from agents_host where id = @id
            """,
            new { id = host.Value }, cancellationToken: cancellation));
    }

    /// <summary>Durable before the welcome that carries the secret is sent. After a secret whose answer was lost the one shown stays
    /// valid beside the new one; the lost one does not.</summary>
    public async Task StoreAsync(HostId host, byte[] freshHash, byte[]? keptHash, string agentVersion, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update agents_host set link_secret = @freshHash, previous_link_secret = @keptHash, agent_version = @agentVersion where id = @id",
            new { id = host.Value, freshHash, keptHash, agentVersion }, cancellationToken: cancellation));
    }
}

/// <summary>A host as its hello finds it.</summary>
internal sealed class HelloRow
{
    public short Status { get; init; }
    public string StatusReason { get; init; } = "";
    public byte[]? LinkSecret { get; init; }
    public byte[]? PreviousLinkSecret { get; init; }
    public bool Removed { get; init; }
}

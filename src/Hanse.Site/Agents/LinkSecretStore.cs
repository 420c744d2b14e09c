using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Storage.Bulk;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>What a hello is judged by, and the secret it is answered with (J5).</summary>
internal sealed class LinkSecretStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly WriteBatcher<FreshSecret, bool> _writes;

    public LinkSecretStore(NpgsqlDataSource database) => (_database, _writes) = (database, new(WriteAsync));

    public async Task<HelloRow?> FindAsync(HostId host, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
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
    public Task StoreAsync(HostId host, byte[] freshHash, byte[]? keptHash, string agentVersion, CancellationToken cancellation) =>
        _writes.WriteAsync(new(host.Value, freshHash, keptHash, agentVersion), cancellation);

    public ValueTask DisposeAsync() => _writes.DisposeAsync();

    /// <summary>Hellos that come together share a transaction. Of two of one host the later counts, as if they had come one by one.</summary>
    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<FreshSecret> batch, CancellationToken cancellation)
    {
        var rows = batch.GroupBy(s => s.Host).Select(g => g.Last()).OrderBy(s => s.Host).ToList();
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update agents_host h set link_secret = s.fresh, previous_link_secret = s.kept, agent_version = s.version
            from unnest(@ids, @fresh, @kept, @versions) as s (id, fresh, kept, version) where h.id = s.id
            """,
            new
            {
                ids = rows.Select(r => r.Host).ToArray(), fresh = rows.Select(r => r.FreshHash).ToArray(),
                kept = rows.Select(r => r.KeptHash).ToArray(), versions = rows.Select(r => r.AgentVersion).ToArray(),
            },
            cancellationToken: cancellation));
        return [.. batch.Select(_ => true)];
    }

    private sealed record FreshSecret(Guid Host, byte[] FreshHash, byte[]? KeptHash, string AgentVersion);
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

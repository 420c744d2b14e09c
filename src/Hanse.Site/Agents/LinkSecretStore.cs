using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Storage.Bulk;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>What a hello is judged by, and the secret it is answered with (J5).</summary>
internal sealed class LinkSecretStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly Batcher<HostId, HelloRow?> _reads;
    private readonly Batcher<FreshSecret, bool> _writes;

    public LinkSecretStore(NpgsqlDataSource database) => (_database, _reads, _writes) = (database, new(ReadAsync), new(WriteAsync));

    /// <summary>Null if there is no such host.</summary>
    public Task<HelloRow?> FindAsync(HostId host, CancellationToken cancellation) => _reads.ApplyAsync(host, cancellation);

    /// <summary>Durable before the welcome that carries the secret is sent. After a secret whose answer was lost the one shown stays
    /// valid beside the new one; the lost one does not.</summary>
    /// <param name="host">Whose hello it is.</param>
    /// <param name="judgedBy">The secret in force when the hello was judged.</param>
    /// <param name="freshHash">SHA-256 of the new secret.</param>
    /// <param name="keptHash">SHA-256 of the one shown; null if none was.</param>
    /// <param name="agentVersion">As the hello has it.</param>
    /// <param name="cancellation">Ends the wait; the write may still happen.</param>
    /// <returns>False, and nothing is stored, if another hello of this host was answered since: the secret that it was given must not be lost.</returns>
    public Task<bool> StoreAsync(HostId host, byte[]? judgedBy, byte[] freshHash, byte[]? keptHash, string agentVersion, CancellationToken cancellation) =>
        _writes.ApplyAsync(new(host.Value, judgedBy, freshHash, keptHash, agentVersion), cancellation);

    public async ValueTask DisposeAsync()
    {
        await _reads.DisposeAsync();
        await _writes.DisposeAsync();
    }

    private async Task<IReadOnlyList<HelloRow?>> ReadAsync(IReadOnlyList<HostId> batch, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<HelloRow>(new CommandDefinition(
            """
            select id, status, status_reason as StatusReason, link_secret as LinkSecret, previous_link_secret as PreviousLinkSecret,
                   removed_at is not null as Removed
            from agents_host where id = any(@ids)
            """,
            new { ids = batch.Select(h => h.Value).ToArray() }, cancellationToken: cancellation))).ToDictionary(r => r.Id);
        return [.. batch.Select(h => rows.GetValueOrDefault(h.Value))];
    }

    /// <summary>Hellos that come together share a transaction. Of two of one host the later counts.</summary>
    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<FreshSecret> batch, CancellationToken cancellation)
    {
        var last = batch.GroupBy(s => s.Host).ToDictionary(g => g.Key, g => g.Last());
        var rows = last.Values.OrderBy(s => s.Host).ToList();
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        var stored = (await connection.QueryAsync<Guid>(new CommandDefinition(
            """
            update agents_host h set link_secret = s.fresh, previous_link_secret = s.kept, agent_version = s.version
            from unnest(@ids, @judged, @fresh, @kept, @versions) as s (id, judged, fresh, kept, version)
            where h.id = s.id and h.link_secret is not distinct from s.judged
            returning h.id
            """,
            new
            {
                ids = rows.Select(r => r.Host).ToArray(), judged = rows.Select(r => r.JudgedBy).ToArray(), fresh = rows.Select(r => r.FreshHash).ToArray(),
                kept = rows.Select(r => r.KeptHash).ToArray(), versions = rows.Select(r => r.AgentVersion).ToArray(),
            },
            cancellationToken: cancellation))).ToHashSet();
        return [.. batch.Select(s => stored.Contains(s.Host) && ReferenceEquals(last[s.Host], s))];
    }

    private sealed record FreshSecret(Guid Host, byte[]? JudgedBy, byte[] FreshHash, byte[]? KeptHash, string AgentVersion);
}

/// <summary>A host as its hello finds it.</summary>
internal sealed class HelloRow
{
    public Guid Id { get; init; }
    public short Status { get; init; }
    public string StatusReason { get; init; } = "";
    public byte[]? LinkSecret { get; init; }
    public byte[]? PreviousLinkSecret { get; init; }
    public bool Removed { get; init; }
}

using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Storage.Bulk;
using Hanse.Trust.Datagrams;
using Npgsql;

namespace Hanse.Site.Metrics;

/// <summary>The site's datagram secret, and which host has which key id (G2). A replica of these two tables is all that a standby needs.</summary>
internal sealed class KeyStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly Batcher<GivenKey, bool> _writes;

    public KeyStore(NpgsqlDataSource database) => (_database, _writes) = (database, new(WriteAsync));

    /// <summary>Made at the first question.</summary>
    public async Task<byte[]> SecretAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into metrics_secret (secret) values (@secret) on conflict do nothing", new { secret = DatagramKey.NewSecret() }, cancellationToken: cancellation));
        return await connection.QuerySingleAsync<byte[]>(new CommandDefinition("select secret from metrics_secret", cancellationToken: cancellation));
    }

    /// <summary>Durable before the key is handed out. Hosts that ask together share a transaction.</summary>
    public Task GiveAsync(HostId host, ulong keyId, DateTimeOffset now, CancellationToken cancellation) =>
        _writes.ApplyAsync(new(host.Value, (long)keyId, now), cancellation);

    /// <summary>The keys that still count, each with the highest sequence that was stored under it.</summary>
    public async Task<IReadOnlyList<HeldKey>> ListAsync(DateTimeOffset givenAfter, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<HeldKey>(new CommandDefinition(
            """
            select k.host_id as Host, k.key_id as KeyId, k.given_at as GivenAt, coalesce(m.mark, 0) as Mark
            from metrics_key k join agents_host h on h.id = k.host_id
            left join lateral (
                select mark from metrics_minute where host_id = k.host_id and key_id = k.key_id order by at desc limit 1) m on true
            where k.given_at > @givenAfter and h.removed_at is null and h.status <> 4
            """,
            new { givenAfter }, cancellationToken: cancellation))).AsList();
    }

    public ValueTask DisposeAsync() => _writes.DisposeAsync();

    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<GivenKey> batch, CancellationToken cancellation)
    {
        var rows = batch.GroupBy(k => k.Host).Select(g => g.Last()).OrderBy(k => k.Host).ToList();
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into metrics_key as k (host_id, key_id, given_at)
            select id, key, at from unnest(@ids, @keys, @ats) as r (id, key, at) join agents_host h using (id)
            on conflict (host_id) do update set key_id = excluded.key_id, given_at = excluded.given_at
            """,
            new { ids = rows.Select(r => r.Host).ToArray(), keys = rows.Select(r => r.KeyId).ToArray(), ats = rows.Select(r => r.At).ToArray() },
            cancellationToken: cancellation));
        return [.. batch.Select(_ => true)];
    }

    private sealed record GivenKey(Guid Host, long KeyId, DateTimeOffset At);
}

/// <summary>A key that a host holds.</summary>
internal sealed record HeldKey(Guid Host, long KeyId, DateTime GivenAt, long Mark);

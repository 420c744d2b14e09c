using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Storage.Bulk;
using Npgsql;

namespace Hanse.Site.Inventory;

/// <summary>Sections of hosts, each under the hash of its content.</summary>
internal sealed class InventoryStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly Batcher<HostId, Dictionary<string, byte[]>> _hashes;

    public InventoryStore(NpgsqlDataSource database, TimeProvider time) => (_database, _time, _hashes) = (database, time, new(HashesAsync));

    /// <summary>What is held of a host, each section by the hash of its content. Hosts that ask together share a query.</summary>
    public Task<Dictionary<string, byte[]>> HashesAsync(HostId host, CancellationToken cancellation) => _hashes.ApplyAsync(host, cancellation);

    /// <summary>The same, as this transaction sees it.</summary>
    public static async Task<Dictionary<string, byte[]>> HashesAsync(NpgsqlTransaction transaction, HostId host, CancellationToken cancellation) =>
        (await transaction.Connection!.QueryAsync<(string Name, byte[] Hash)>(new CommandDefinition(
            "select name, hash from inventory_section where host_id = @id", new { id = host.Value }, transaction, cancellationToken: cancellation)))
        .ToDictionary(r => r.Name, r => r.Hash);

    /// <summary>A section that could not be collected keeps its last body beside the error. Each name comes once.</summary>
    public Task PutAsync(NpgsqlTransaction transaction, HostId host, IReadOnlyCollection<Section> sections, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into inventory_section as s (host_id, name, hash, body, error, collected_at, received_at)
            select @id, name, hash, body, error, collected, @now
            from unnest(@names, @hashes, @bodies, @errors, @collected) as r (name, hash, body, error, collected)
            on conflict (host_id, name) do update
                set hash = case when excluded.error = '' then excluded.hash else s.hash end,
                    body = case when excluded.error = '' then excluded.body else s.body end,
                    error = excluded.error, collected_at = excluded.collected_at, received_at = excluded.received_at
            """,
            new
            {
                id = host.Value,
                names = sections.Select(s => s.Name).ToArray(),
                hashes = sections.Select(s => s.Hash.ToByteArray()).ToArray(),
                bodies = sections.Select(s => s.Body.ToByteArray()).ToArray(),
                errors = sections.Select(s => s.Error).ToArray(),
                collected = sections.Select(s => DateTimeOffset.FromUnixTimeMilliseconds(s.CollectedUnixMs)).ToArray(),
                now = _time.GetUtcNow(),
            },
            transaction, cancellationToken: cancellation));

    public static Task RemoveOthersAsync(NpgsqlTransaction transaction, HostId host, IEnumerable<string> kept, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "delete from inventory_section where host_id = @id and name <> all(@kept)",
            new { id = host.Value, kept = kept.ToArray() }, transaction, cancellationToken: cancellation));

    public async Task<HostDetail?> ReadAsync(HostId host, string section, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        if (section.Length == 0)
        {
            return await ListAsync(connection, host, cancellation);
        }

        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "select name, hash, body, error, collected_at as CollectedAt from inventory_section where host_id = @id and name = @section",
            new { id = host.Value, section }, cancellationToken: cancellation));
        return row is null
            ? null
            : new HostDetail { Body = ByteString.CopyFrom(row.Body), CollectedUnixMs = UnixMs(row.CollectedAt), Error = row.Error };
    }

    public ValueTask DisposeAsync() => _hashes.DisposeAsync();

    private async Task<IReadOnlyList<Dictionary<string, byte[]>>> HashesAsync(IReadOnlyList<HostId> batch, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<(Guid Host, string Name, byte[] Hash)>(new CommandDefinition(
            "select host_id, name, hash from inventory_section where host_id = any(@ids)",
            new { ids = batch.Select(h => h.Value).ToArray() }, cancellationToken: cancellation))).ToLookup(r => r.Host);
        return [.. batch.Select(h => rows[h.Value].ToDictionary(r => r.Name, r => r.Hash))];
    }

    private static async Task<HostDetail> ListAsync(NpgsqlConnection connection, HostId host, CancellationToken cancellation)
    {
        var rows = await connection.QueryAsync<SummaryRow>(new CommandDefinition(
            """
            select name, hash, error, collected_at as CollectedAt, octet_length(body) as Size
            from inventory_section where host_id = @id order by name
            """,
            new { id = host.Value }, cancellationToken: cancellation));
        var detail = new HostDetail();
        detail.Sections.AddRange(rows.Select(r => new SectionSummary
        {
            Name = r.Name, Hash = ByteString.CopyFrom(r.Hash), Error = r.Error, CollectedUnixMs = UnixMs(r.CollectedAt), Size = (uint)r.Size,
        }));
        return detail;
    }

    private static long UnixMs(DateTime utc) => new DateTimeOffset(utc).ToUnixTimeMilliseconds();

    private sealed record Row(string Name, byte[] Hash, byte[] Body, string Error, DateTime CollectedAt);

    private sealed record SummaryRow(string Name, byte[] Hash, string Error, DateTime CollectedAt, int Size);
}

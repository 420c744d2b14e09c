using Dapper;
using Hanse.Audit;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>Newcomers that showed a host's key while its true holder was here (J5), kept to be shown to people.</summary>
internal sealed class QuarantineStore(NpgsqlDataSource database, IOutbox outbox, IAuditLog audit, TimeProvider time)
{
    /// <summary>Counts one more try from this address; the first is told to the coordinator.</summary>
    public async Task AddAsync(HostId host, string remote, CancellationToken cancellation)
    {
        var address = remote.LastIndexOf(':') is > 0 and var colon ? remote[..colon] : remote;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var tries = await connection.QuerySingleAsync<int>(new CommandDefinition(
            """
            insert into agents_quarantine as q (host_id, address, tries, first_at, last_at) values (@id, @address, 1, @now, @now)
            on conflict (host_id, address) do update set tries = q.tries + 1, last_at = excluded.last_at
            returning tries
            """,
            new { id = host.Value, address, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));
        if (tries == 1)
        {
            await outbox.AppendAsync(
                transaction,
                [new Record
                {
                    Audit = new AuditRecord
                    {
                        OccurredUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds(), Operation = "host.quarantine", Actor = "site",
                        HostId = host.ToWire(), DetailJson = System.Text.Json.JsonSerializer.Serialize(new { address }),
                    },
                }],
                cancellation);
            var entry = new AuditEvent("host.quarantine", new AuditActor("site", SourceAddress: address)) { Hosts = [host], Outcome = "done" };
            await audit.AppendAsync(connection, transaction, entry, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        outbox.Wake();
    }

    public async Task<IReadOnlyList<QuarantineRow>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<QuarantineRow>(new CommandDefinition(
            "select host_id as HostId, address, tries, first_at as FirstAt, last_at as LastAt from agents_quarantine order by last_at desc limit 1000",
            cancellationToken: cancellation))).AsList();
    }
}

/// <summary>One address from which a second holder of a host's key came.</summary>
internal sealed class QuarantineRow
{
    public Guid HostId { get; init; }
    public string Address { get; init; } = "";
    public int Tries { get; init; }
    public DateTimeOffset FirstAt { get; init; }
    public DateTimeOffset LastAt { get; init; }
}

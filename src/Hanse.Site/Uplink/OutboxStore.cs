using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>Writes into the outbox, always in the caller's transaction: the fact and what it is about commit together.</summary>
internal sealed class OutboxStore(TimeProvider time, OutboxSignals signals) : IOutbox
{
    public Task AppendAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Record> facts, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            "insert into uplink_record (fact, created_at) select fact, @now from unnest(@facts) with ordinality as f (fact, position) order by position",
            new { facts = facts.Select(f => f.ToByteArray()).ToArray(), now = time.GetUtcNow() },
            cancellation);

    public Task PutAsync(NpgsqlTransaction transaction, StateClass stateClass, ByteString key, IMessage value, CancellationToken cancellation) =>
        WriteStateAsync(transaction, stateClass, key, value.ToByteArray(), deleted: false, cancellation);

    public Task DeleteAsync(NpgsqlTransaction transaction, StateClass stateClass, ByteString key, CancellationToken cancellation) =>
        WriteStateAsync(transaction, stateClass, key, [], deleted: true, cancellation);

    public void Wake()
    {
        signals.Records.Set();
        signals.States.Set();
        signals.Status.Set();
    }

    private Task WriteStateAsync(
        NpgsqlTransaction transaction, StateClass stateClass, ByteString key, byte[] value, bool deleted, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            """
            insert into uplink_state as s (class, key, counter, value, deleted, changed_at)
            values (@stateClass, @key, 1, @value, @deleted, @now)
            on conflict (class, key) do update
                set counter = s.counter + 1, value = excluded.value, deleted = excluded.deleted,
                    changed_at = excluded.changed_at, refusal = ''
                where s.value <> excluded.value or s.deleted <> excluded.deleted
            """,
            new { stateClass = (short)stateClass, key = key.ToByteArray(), value, deleted, now = time.GetUtcNow() },
            cancellation);

    private static Task ExecuteAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
}

/// <summary>Wakes of the two drainers.</summary>
internal sealed class OutboxSignals
{
    public Signal Records { get; } = new();

    public Signal States { get; } = new();

    public Signal Status { get; } = new();
}

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

    public Task PutAsync(
        NpgsqlTransaction transaction, StateClass stateClass, IReadOnlyCollection<(ByteString Key, IMessage Value)> entries, CancellationToken cancellation) =>
        WriteStatesAsync(
            transaction, stateClass, [.. entries.Select(e => e.Key.ToByteArray())], [.. entries.Select(e => e.Value.ToByteArray())], deleted: false, cancellation);

    public Task DeleteAsync(NpgsqlTransaction transaction, StateClass stateClass, ByteString key, CancellationToken cancellation) =>
        WriteStatesAsync(transaction, stateClass, [key.ToByteArray()], [[]], deleted: true, cancellation);

    public Task ReviseAsync(
        NpgsqlTransaction transaction, StateClass stateClass, IReadOnlyCollection<(ByteString Key, IMessage? Value, long Floor)> entries, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            """
            insert into uplink_state as s (class, key, counter, value, deleted, changed_at)
            select @stateClass, key, floor + 1, value, deleted, @now from unnest(@keys, @values, @deletions, @floors) as e (key, value, deleted, floor) order by key
            on conflict (class, key) do update
                set counter = greatest(s.counter + 1, excluded.counter), value = excluded.value, deleted = excluded.deleted,
                    changed_at = excluded.changed_at, refusal = ''
            """,
            new
            {
                stateClass = (short)stateClass, keys = entries.Select(e => e.Key.ToByteArray()).ToArray(),
                values = entries.Select(e => e.Value?.ToByteArray() ?? []).ToArray(), deletions = entries.Select(e => e.Value is null).ToArray(),
                floors = entries.Select(e => e.Floor).ToArray(), now = time.GetUtcNow(),
            },
            cancellation);

    public void Wake()
    {
        signals.Records.Set();
        WakeStates();
    }

    public void WakeStates()
    {
        signals.States.Set();
        signals.Status.Set();
    }

    // In order of keys: two transactions that touch the same ones never wait for each other in a circle.
    private Task WriteStatesAsync(
        NpgsqlTransaction transaction, StateClass stateClass, byte[][] keys, byte[][] values, bool deleted, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            """
            insert into uplink_state as s (class, key, counter, value, deleted, changed_at)
            select @stateClass, key, 1, value, @deleted, @now from unnest(@keys, @values) as e (key, value) order by key
            on conflict (class, key) do update
                set counter = s.counter + 1, value = excluded.value, deleted = excluded.deleted,
                    changed_at = excluded.changed_at, refusal = ''
                where s.value <> excluded.value or s.deleted <> excluded.deleted
            """,
            new { stateClass = (short)stateClass, keys, values, deleted, now = time.GetUtcNow() },
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

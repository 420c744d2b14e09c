using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>The state half of the outbox (U2): keys whose newest value the coordinator has not confirmed.</summary>
internal sealed class StateStore(NpgsqlDataSource database)
{
    // Half a frame (L4).
    private const int BatchBytes = 512 * 1024;

    /// <summary>Waiting keys, newest first, so that after an outage the coordinator is first told what is true now.</summary>
    public async Task<StateBatch> FormBatchAsync(Guid epoch, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select class, key, counter, value, deleted from (
                select *, sum(octet_length(value) + 64) over (order by changed_at desc, class, key) - octet_length(value) as before from (
                    select class, key, counter, value, deleted, changed_at from uplink_state
                    where counter > acknowledged order by changed_at desc, class, key limit @limit) next) bounded
            where before < @bytes order by changed_at desc, class, key
            """,
            new { limit, bytes = BatchBytes }, cancellationToken: cancellation));
        var batch = new StateBatch { Epoch = RecordStore.EpochBytes(epoch) };
        batch.Entries.AddRange(rows.Select(ToEntry));
        return batch;
    }

    /// <summary>Notes which versions arrived. A value that changed meanwhile has a higher counter and stays waiting. A refused
    /// version is kept with its reason and not sent again until it changes (U3).</summary>
    public async Task AcknowledgeAsync(StateBatch batch, StateReceipt receipt, CancellationToken cancellation)
    {
        var refusals = receipt.Refusals.ToDictionary(r => (r.Class, r.Key), r => $"{r.Code}: {r.Message}");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update uplink_state s set acknowledged = greatest(s.acknowledged, a.counter), refusal = a.refusal
            from unnest(@classes, @keys, @counters, @refusals) as a (class, key, counter, refusal)
            where s.class = a.class and s.key = a.key and s.counter >= a.counter
            """,
            new
            {
                classes = batch.Entries.Select(e => (short)e.Class).ToArray(),
                keys = batch.Entries.Select(e => e.Key.ToByteArray()).ToArray(),
                counters = batch.Entries.Select(e => (long)e.Counter).ToArray(),
                refusals = batch.Entries.Select(e => refusals.GetValueOrDefault((e.Class, e.Key), "")).ToArray(),
            },
            cancellationToken: cancellation));
    }

    /// <summary>What both halves of the outbox hold, by class.</summary>
    public async Task<QueueDepth> DepthAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<ClassDepth>(new CommandDefinition(
            """
            select 1 as class, r.waiting, r.oldest, a.set_aside as SetAside from
                (select count(*) as waiting, min(created_at) as oldest from uplink_record where acknowledged_at is null) r,
                (select count(*) as set_aside from uplink_set_aside where settled_at is null) a
            union all
            select class + 1, count(*) filter (where counter > acknowledged), min(changed_at) filter (where counter > acknowledged),
                   count(*) filter (where counter = acknowledged)
            from uplink_state where counter > acknowledged or refusal <> '' group by class
            """,
            cancellationToken: cancellation));
        return new QueueDepth([.. rows.Where(r => r.Waiting + r.SetAside > 0)]);
    }

    private static StateEntry ToEntry(Row row)
    {
        var entry = new StateEntry { Class = (StateClass)row.Class, Key = ByteString.CopyFrom(row.Key), Counter = (ulong)row.Counter };
        switch (row.Deleted, entry.Class)
        {
            case (true, _): entry.Deleted = true; break;
            case (_, StateClass.Host): entry.Host = HostState.Parser.ParseFrom(row.Value); break;
            default: entry.Rollup = RollupState.Parser.ParseFrom(row.Value); break;
        }

        return entry;
    }

    private sealed record Row(short Class, byte[] Key, long Counter, byte[] Value, bool Deleted);
}

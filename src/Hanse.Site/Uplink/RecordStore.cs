using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>The record half of the outbox as its one drainer sees it (U1, U3, U4).</summary>
internal sealed class RecordStore(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    // Half a frame (L4): with one more record, of at most two excerpts of 32 KiB and a script, a batch stays below one.
    private const int BatchBytes = 512 * 1024;

    private const int MostOlderEpochs = 256;

    /// <summary>The life of the coordinator's database that was met last (U5); empty before the first.</summary>
    public Guid Incarnation { get; private set; }

    public long IncarnationNumber { get; private set; }

    /// <summary>The coordinator is in this life. If it is another than the last one, every state is sent again, and it is asked how far it has older epochs.</summary>
    public async Task MetAsync(Guid incarnation, long number, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update uplink_state set acknowledged = 0 where exists (select from uplink_self where incarnation <> @incarnation);
            update uplink_self set incarnation = @incarnation, incarnation_number = @number, older_due = true where incarnation is distinct from @incarnation or incarnation_number <> @number;
            """,
            new { incarnation, number }, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        (Incarnation, IncarnationNumber) = (incarnation, number);
    }

    /// <summary>Of the records of this epoch: the lowest that is still held (0 if none is), and the highest number ever given.</summary>
    public async Task<(long FirstKept, long LastGiven)> KeptAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            "select coalesce((select min(sequence) from uplink_record r where r.epoch = s.epoch), 0), next_sequence - 1 from uplink_self s", cancellationToken: cancellation));
    }

    /// <summary>The site's epoch. Made once, and anew when the coordinator knows more of it than this database (U6).</summary>
    public async Task<Guid> GetEpochAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into uplink_self (epoch, next_sequence, acknowledged) values (@epoch, 1, 0) on conflict do nothing",
            new { epoch = NewEpoch() }, cancellationToken: cancellation));
        var (epoch, incarnation, number) = await connection.QuerySingleAsync<(Guid, Guid?, long)>(new CommandDefinition(
            "select epoch, incarnation, incarnation_number from uplink_self", cancellationToken: cancellation));
        (Incarnation, IncarnationNumber) = (incarnation ?? Guid.Empty, number);
        return epoch;
    }

    /// <summary>Epochs before this one of which records are held and whose marks are to be asked for, since either side was restored; mostly none.</summary>
    public async Task<IReadOnlyList<Guid>> OlderEpochsAsync(Guid epoch, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<Guid>(new CommandDefinition(
            """
            select distinct r.epoch from uplink_record r, uplink_self s
            where s.older_due and r.epoch <> @epoch limit @most
            """,
            new { epoch, most = MostOlderEpochs }, cancellationToken: cancellation))).AsList();
    }

    /// <summary>Takes back what the coordinator had acknowledged of older epochs and has lost since (U4); then also what this epoch has above its mark, for all of
    /// it is to be sent in the order in which it came. What an operator has settled stays settled.</summary>
    /// <param name="epoch">The one in use.</param>
    /// <param name="mark">The coordinator's, in this epoch.</param>
    /// <param name="older">Its marks in all that <see cref="OlderEpochsAsync"/> named.</param>
    /// <param name="cancellation">Nothing is changed.</param>
    /// <returns>True if something was taken back: only a new epoch brings it.</returns>
    public async Task<bool> TakeBackAsync(Guid epoch, long mark, IReadOnlyDictionary<Guid, long> older, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var lost = older.Count > 0 && await TakeBackAsync(transaction, older, cancellation) > 0;
        if (lost)
        {
            await TakeBackAsync(transaction, new Dictionary<Guid, long> { [epoch] = mark }, cancellation);
        }

        await connection.ExecuteAsync(new CommandDefinition(
            "update uplink_self set older_due = false where epoch = @epoch and older_due", new { epoch }, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return lost;
    }

    /// <summary>Begins a new epoch: what is unacknowledged is numbered anew, every state is sent again (U6). How far the coordinator has the epochs before is
    /// asked for next.</summary>
    public async Task<Guid> BeginEpochAsync(CancellationToken cancellation)
    {
        var epoch = NewEpoch();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update uplink_self set epoch = @epoch, next_sequence = 1, acknowledged = 0, backed_up = 0, older_due = true;
            update uplink_record set epoch = null, sequence = null where acknowledged_at is null;
            update uplink_state set acknowledged = 0;
            """,
            new { epoch }, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return epoch;
    }

    /// <summary>The next records above the coordinator's mark, numbering new ones in commit order first. Null if records right
    /// above the mark are no longer held: only a new epoch helps.</summary>
    public async Task<RecordBatch?> FormBatchAsync(Guid epoch, long highWater, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var rows = await ReadAsync(transaction, epoch, highWater, limit, cancellation);
        if (rows.Count < limit && rows.Sum(r => r.Fact.Length) < BatchBytes && await NumberAsync(transaction, epoch, limit - rows.Count, cancellation) > 0)
        {
            rows = await ReadAsync(transaction, epoch, highWater, limit, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        if (rows.Count > 0 && rows[0].Sequence != highWater + 1)
        {
            return null;
        }

        var batch = new RecordBatch { Epoch = EpochBytes(epoch), FirstSequence = (ulong)(highWater + 1) };
        batch.Records.AddRange(rows.Select(r => Record.Parser.ParseFrom(r.Fact)));
        batch.ConfirmedRefusals.AddRange(await SetAsideAsync(connection, epoch, cancellation));
        return batch;
    }

    /// <summary>Stores the coordinator's answer: what it holds, and what it refused, which never blocks the rest (U3).</summary>
    /// <param name="epoch">Of the batch.</param>
    /// <param name="receipt">The answer.</param>
    /// <param name="moved">Hosts whose move it covers: what was told of them before the coordinator knew is told again (J4).</param>
    /// <param name="cancellation">Ends the attempt; the batch is then sent again.</param>
    public async Task AcknowledgeAsync(Guid epoch, RecordReceipt receipt, IReadOnlyCollection<ByteString> moved, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var refusal in receipt.Refusals)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                insert into uplink_set_aside (epoch, sequence, code, message, fact, set_aside_at)
                select epoch, sequence, @code, @message, fact, @now from uplink_record where epoch = @epoch and sequence = @sequence
                on conflict (epoch, sequence) do update set confirmed = false -- asked again: the coordinator was restored (U4)
                """,
                new { epoch, sequence = (long)refusal.Sequence, refusal.Code, refusal.Message, now = time.GetUtcNow() },
                transaction, cancellationToken: cancellation));
        }

        await connection.ExecuteAsync(new CommandDefinition(
            """
            update uplink_record set acknowledged_at = @now where epoch = @epoch and sequence <= @mark and acknowledged_at is null;
            update uplink_self set acknowledged = @mark, backed_up = @backedUp where epoch = @epoch;
            """,
            new { epoch, mark = (long)receipt.HighWater, backedUp = (long)Math.Min(receipt.BackedUp, receipt.HighWater), now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));
        if (moved.Count > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "update uplink_state set counter = counter + 1, refusal = '' where class = @host and key = any(@keys) and refusal <> ''",
                new { host = (short)StateClass.Host, keys = moved.Select(m => m.ToByteArray()).ToArray() }, transaction, cancellationToken: cancellation));
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Refusals the coordinator has been told about need no more repeating.</summary>
    public async Task ConfirmAsync(Guid epoch, IEnumerable<ulong> sequences, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update uplink_set_aside set confirmed = true where epoch = @epoch and sequence = any(@sequences)",
            new { epoch, sequences = sequences.Select(s => (long)s).ToArray() }, cancellationToken: cancellation));
    }

    /// <summary>The highest number ever given in this epoch; a coordinator above it has seen a life this database has not (U6).</summary>
    public async Task<long> LastGivenAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<long>(new CommandDefinition("select next_sequence - 1 from uplink_self", cancellationToken: cancellation));
    }

    /// <summary>Forgets records that were acknowledged more than seven days ago and that a verified backup of the coordinator covers, and settled refusals
    /// as old (U4). Of those that only wait for a backup at most <paramref name="kept"/> stay, the newest (U7).</summary>
    public async Task<int> PruneAsync(long kept, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from uplink_set_aside where confirmed and settled_at < @before;
            delete from uplink_record r using uplink_self s
            where r.acknowledged_at < @before and s.backed_up > 0 and (r.epoch <> s.epoch or r.sequence <= s.backed_up);
            delete from uplink_record where id in (
                select id from uplink_record where acknowledged_at < @before order by id desc offset @kept)
            """,
            new { before = time.GetUtcNow() - Kept, kept }, cancellationToken: cancellation));
    }

    /// <summary>True if more records wait than are allowed to (U7).</summary>
    public async Task<bool> IsFullAsync(long bound, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<bool>(new CommandDefinition(
            "select exists (select from uplink_record where acknowledged_at is null offset @bound limit 1)", new { bound }, cancellationToken: cancellation));
    }

    public static ByteString EpochBytes(Guid epoch) => ByteString.CopyFrom(epoch.ToByteArray(bigEndian: true));

    private static Guid NewEpoch() => new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    private static async Task<int> TakeBackAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<Guid, long> marks, CancellationToken cancellation) =>
        await transaction.Connection!.QuerySingleAsync<int>(new CommandDefinition(
            """
            with lost as (
                select r.id, r.epoch, r.sequence from uplink_record r join unnest(@epochs, @marks) m (epoch, mark) on r.epoch = m.epoch and r.sequence > m.mark
                where not exists (select from uplink_set_aside a where a.epoch = r.epoch and a.sequence = r.sequence and a.settled_at is not null)),
            judged_again as (
                delete from uplink_set_aside a using lost where a.epoch = lost.epoch and a.sequence = lost.sequence returning 1),
            taken as (
                update uplink_record r set epoch = null, sequence = null, acknowledged_at = null from lost where r.id = lost.id returning 1)
            select count(*)::int from taken
            """,
            new { epochs = marks.Keys.ToArray(), marks = marks.Values.ToArray() }, transaction, cancellationToken: cancellation));

    private static async Task<int> NumberAsync(NpgsqlTransaction transaction, Guid epoch, int limit, CancellationToken cancellation) =>
        await transaction.Connection!.QuerySingleAsync<int>(new CommandDefinition(
            """
            with self as (select next_sequence as base from uplink_self where epoch = @epoch for update),
            next as (
                select id, row_number() over (order by id) - 1 as position
                from (select id from uplink_record where sequence is null order by id limit @limit) unnumbered),
            numbered as (
                update uplink_record r set epoch = @epoch, sequence = self.base + next.position
                from next, self where r.id = next.id returning 1),
            advanced as (
                update uplink_self set next_sequence = next_sequence + (select count(*) from next) where epoch = @epoch returning 1)
            select (select count(*) from next, self)::int
            """,
            new { epoch, limit }, transaction, cancellationToken: cancellation));

    private static async Task<List<Row>> ReadAsync(
        NpgsqlTransaction transaction, Guid epoch, long highWater, int limit, CancellationToken cancellation) =>
        (await transaction.Connection!.QueryAsync<Row>(new CommandDefinition(
            """
            select sequence, fact from (
                select sequence, fact, sum(octet_length(fact)) over (order by sequence) - octet_length(fact) as before from (
                    select sequence, fact from uplink_record where epoch = @epoch and sequence > @highWater order by sequence limit @limit) next) bounded
            where before < @bytes order by sequence
            """,
            new { epoch, highWater, limit, bytes = BatchBytes }, transaction, cancellationToken: cancellation))).AsList();

    private static async Task<IEnumerable<ulong>> SetAsideAsync(NpgsqlConnection connection, Guid epoch, CancellationToken cancellation) =>
        (await connection.QueryAsync<long>(new CommandDefinition(
            "select sequence from uplink_set_aside where epoch = @epoch and not confirmed order by sequence limit 1000",
            new { epoch }, cancellationToken: cancellation))).Select(s => (ulong)s);

    private sealed record Row(long Sequence, byte[] Fact);
}

using System.Data;
using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Agents;

/// <inheritdoc cref="IHostDigests"/>
internal sealed class HostDigestStore(NpgsqlDataSource database, IOutbox outbox) : IHostDigests
{
    // A floor near the end of all numbers would leave no room for the changes to come.
    private const ulong MaxFloor = long.MaxValue / 2;

    // Of a host that the outbox does not know, nothing is on its way and nothing was refused.
    private static readonly string Hosts =
        $"""
        select {HostStore.Columns},
               case when s.counter > s.acknowledged then 1 when s.refusal <> '' then 2 else 0 end as Standing
        from unnest(@first, @last) r (first, last)
        join agents_host h on h.id between r.first and r.last and h.removed_at is null
        left join uplink_state s on s.class = 1 and s.key = uuid_send(h.id)
        """;

    private const string Leaving =
        """
        select s.key from unnest(@first, @last) r (first, last)
        join uplink_state s on s.class = 1 and s.key between uuid_send(r.first) and uuid_send(r.last) and s.deleted and s.counter > s.acknowledged
        """;

    public async Task<DirectoryDigest> ReadAsync(DirectoryDigestQuery query, CancellationToken cancellation)
    {
        var bits = (int)query.Bits;
        if (query.Bits > HostDigest.MaxBits || query.Buckets.Any(b => b >= 1u << bits) || query.Buckets.Distinct().Count() != query.Buckets.Count)
        {
            throw new FormatException($"A digest has at most 2^{HostDigest.MaxBits} buckets, and a question names each of them once.");
        }

        var entries = query.Buckets.Count > 0;
        var ranges = entries ? query.Buckets.Select(b => HostDigest.RangeOf((int)b, bits)).ToList() : [HostDigest.RangeOf(0, 0)];
        var sums = new ulong[entries ? 0 : 1 << bits];
        var answer = new DirectoryDigest();
        var between = new { first = ranges.Select(r => r.First).ToArray(), last = ranges.Select(r => r.Last).ToArray() };
        await using var connection = await database.OpenConnectionAsync(cancellation);

        // One snapshot: a host that is taken out meanwhile is either here or leaving.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await foreach (var row in connection.QueryUnbufferedAsync<DigestRow>(Hosts, between, transaction).WithCancellation(cancellation))
        {
            var id = new HostId(row.Id);
            var hash = HostDigest.Hash(id, HostContent.Of(HostStore.ToState(row)));
            answer.Hosts++;
            if (!entries)
            {
                HostDigest.Add(sums, bits, id, hash);
            }
            else if (answer.Entries.Count < HostDigest.MaxHosts)
            {
                answer.Entries.Add(new DirectoryDigestEntry { HostId = id.ToWire(), Hash = hash, Standing = (DirectoryStanding)row.Standing });
            }
            else
            {
                throw new FormatException($"More than {HostDigest.MaxHosts} hosts are in these buckets. Ask for fewer, or for smaller ones.");
            }
        }

        if (entries)
        {
            var leaving = await connection.QueryAsync<byte[]>(new CommandDefinition(Leaving, between, transaction, cancellationToken: cancellation));
            answer.Entries.AddRange(leaving.Take(HostDigest.MaxHosts - answer.Entries.Count)
                .Select(key => new DirectoryDigestEntry { HostId = ByteString.CopyFrom(key), Standing = DirectoryStanding.Leaving }));
        }

        answer.Sums = HostDigest.ToWire(sums);
        return answer;
    }

    public async Task ResendAsync(DirectoryResend request, CancellationToken cancellation)
    {
        if (request.Hosts.Count > HostDigest.MaxHosts || request.Hosts.Any(h => h.Floor > MaxFloor))
        {
            throw new FormatException($"At most {HostDigest.MaxHosts} hosts are sent again at a time, each above a counter of at most {MaxFloor}.");
        }

        var floors = request.Hosts.ToLookup(h => HostId.FromBytes(h.HostId.Span), h => (long)h.Floor).ToDictionary(g => g.Key, g => g.Max());
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // Locked, so that a change which is under way is not followed by an older value.
        var rows = (await connection.QueryAsync<HostRow>(new CommandDefinition(
            $"select {HostStore.Columns} from agents_host h where h.id = any(@ids) and h.removed_at is null order by h.id for update",
            new { ids = floors.Keys.Select(h => h.Value).ToArray() }, transaction, cancellationToken: cancellation))).ToDictionary(r => new HostId(r.Id));
        await outbox.ReviseAsync(
            transaction, StateClass.Host,
            [.. floors.Select(f => (f.Key.ToWire(), rows.TryGetValue(f.Key, out var row) ? (IMessage)HostStore.ToState(row) : null, f.Value))], cancellation);
        await transaction.CommitAsync(cancellation);
        outbox.WakeStates();
    }

    private sealed class DigestRow : HostRow
    {
        public int Standing { get; init; }
    }
}

using System.Security.Cryptography;
using Dapper;
using Hanse.Protocol.Audit;
using Npgsql;

namespace Hanse.Audit;

/// <summary>Writes the log (A1–A2): (1) locks the log's head, which makes sequence numbers gapless and their order that of the
/// commits; (2) forms each entry's bytes and leaf; (3) inserts them with their columns and target lists; (4) stores the new
/// frontier of the Merkle tree and the subtrees that were completed, which proofs are made of. All in the caller's transaction.</summary>
public sealed class AuditLog(TimeProvider clock) : IAuditLog
{
    public Task<long> AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEvent entry, CancellationToken cancellation) =>
        AppendAsync(connection, transaction, [entry], cancellation);

    public async Task<long> AppendAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<AuditEvent> entries, CancellationToken cancellation)
    {
        // 1
        var head = await LockHeadAsync(connection, transaction, cancellation);
        if (entries.Count == 0)
        {
            return head.EntryCount + 1;
        }

        // 2
        var occurred = Milliseconds(clock.GetUtcNow());
        var frontier = MerkleFrontier.Parse((ulong)head.EntryCount, head.Frontier);
        var rows = new List<AuditRow>(entries.Count);
        var nodes = new List<AuditNode>();
        foreach (var entry in entries)
        {
            var row = Form(head, head.EntryCount + rows.Count + 1, occurred, entry);
            frontier = frontier.Append(row.LeafHash, (level, position, hash) =>
            {
                if (level % AuditNode.LevelsApart == 0)
                {
                    nodes.Add(new(level, position, hash));
                }
            });
            rows.Add(row);
        }

        // 3, 4
        await AuditRows.InsertAsync(connection, transaction, head.Ordinal, rows, cancellation);
        await AuditRows.InsertAsync(connection, transaction, head.Ordinal, nodes, cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update audit_log set entry_count = @count, frontier = @frontier where ordinal = @ordinal",
            new { count = (long)frontier.Count, frontier = frontier.ToBytes(), ordinal = head.Ordinal },
            transaction,
            cancellationToken: cancellation));
        return head.EntryCount + 1;
    }

    public async Task BeginAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEvent first, CancellationToken cancellation)
    {
        var ended = await LockHeadAsync(connection, transaction, cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into audit_log (ordinal, log_id, entry_count, frontier, started_at) values (@ordinal, @logId, 0, @frontier, @startedAt)",
            new { ordinal = ended.Ordinal + 1, logId = NewId(), frontier = Array.Empty<byte>(), startedAt = clock.GetUtcNow() },
            transaction,
            cancellationToken: cancellation));
        await AppendAsync(connection, transaction, first, cancellation);
    }

    private static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    private static AuditRow Form(AuditHead head, long seq, DateTimeOffset occurred, AuditEvent entry)
    {
        var targets = AuditTargets.ToBytes(entry.Hosts);
        var facts = new AuditFacts
        {
            Seq = seq,
            OccurredAt = occurred,
            Actor = AuditText.Clean(entry.Actor.Name),
            Account = AuditText.CleanOrNull(entry.Actor.Account),
            Token = AuditText.CleanOrNull(entry.Actor.Token),
            SourceAddress = AuditText.CleanOrNull(entry.Actor.SourceAddress),
            Operation = AuditText.Clean(entry.Operation),
            Site = entry.Site?.Value,
            HostsCount = entry.Hosts.Count,
            HostsRoot = AuditTargets.Root(targets),
            Command = entry.Command?.Value,
            Outcome = AuditText.CleanOrNull(entry.Outcome),
            Reason = AuditText.CleanOrNull(entry.Reason),
        };
        var detail = entry.Detail.ToDictionary(d => AuditText.Clean(d.Key), d => AuditText.Clean(d.Value));
        var bytes = new AuditDocument(head.LogId, facts, detail).Write();
        return new(facts, bytes, MerkleHash.Leaf(bytes), targets);
    }

    private async Task<AuditHead> LockHeadAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        const string Lock = """
            select ordinal as Ordinal, log_id as LogId, entry_count as EntryCount, frontier as Frontier
            from audit_log order by ordinal desc limit 1 for update
            """;
        var head = await connection.QuerySingleOrDefaultAsync<AuditHead>(new CommandDefinition(Lock, null, transaction, cancellationToken: cancellation));
        if (head is not null)
        {
            return head;
        }

        // The first entry ever. Whoever comes second waits here for the first to commit, and then takes its row.
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into audit_log (ordinal, log_id, entry_count, frontier, started_at)
            values (1, @logId, 0, @frontier, @startedAt) on conflict (ordinal) do nothing
            """,
            new { logId = NewId(), frontier = Array.Empty<byte>(), startedAt = clock.GetUtcNow() },
            transaction,
            cancellationToken: cancellation));
        return await connection.QuerySingleAsync<AuditHead>(new CommandDefinition(Lock, null, transaction, cancellationToken: cancellation));
    }

    private static DateTimeOffset Milliseconds(DateTimeOffset instant) =>
        DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());
}

using Hanse.Audit.Checkpoints;
using Hanse.Audit.Proofs;
using Npgsql;

namespace Hanse.Audit.Witnessing;

/// <summary>Lets this node's log go on after a loss (A4): (1) what this database has is compared with what witnesses hold; (2) the log is ended, and a new one
/// begins whose first entry names the newest of what it does not go on from, what is lost, and every other log that a witness may still hold.</summary>
public sealed class LogRecovery(NpgsqlDataSource database, CheckpointStore checkpoints, AuditStore entries, AuditProver prover, IAuditLog log)
{
    /// <param name="held">Checkpoints of this node's own log that witnesses hold, each with its owner's signature verified.</param>
    /// <param name="actor">Who says that the log ends.</param>
    /// <param name="reason">What happened.</param>
    /// <param name="cancellation">Ends it with nothing done.</param>
    /// <returns>Null when the log goes on from everything that is held: nothing is changed.</returns>
    public async Task<LogRecovered?> RecoverAsync(IReadOnlyList<Checkpoint> held, AuditActor actor, string reason, CancellationToken cancellation)
    {
        // 1
        var heads = await checkpoints.HeadsAsync(cancellation);
        var broken = new List<Checkpoint>();
        foreach (var one in held)
        {
            if (!await GoesOnAsync(heads.LastOrDefault(), one, cancellation))
            {
                broken.Add(one);
            }
        }

        if (broken.Count == 0)
        {
            return null;
        }

        // 2
        var newest = broken.OrderByDescending(h => h.Time).ThenByDescending(h => h.Size).First();
        var kept = await AgreedAsync(heads.FirstOrDefault(h => h.LogId == newest.Log), newest.Size, cancellation);
        var entry = new RecoveryEntry(newest.Log, newest, kept) { Earlier = await EarlierAsync(heads, held, newest.Log, cancellation) };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await log.BeginAsync(connection, transaction, new AuditEvent(RecoveryEntry.Operation, actor) { Reason = reason, Outcome = "done", Detail = entry.ToDetail() }, cancellation);
        await transaction.CommitAsync(cancellation);
        return new(entry, broken);
    }

    /// <summary>What a witness that missed one recovery or more may hold: own logs that ended, those that the log that ends now followed, those that others hold.</summary>
    private async Task<IReadOnlyList<SeenLog>> EarlierAsync(IReadOnlyList<AuditHead> heads, IReadOnlyList<Checkpoint> held, Guid previous, CancellationToken cancellation)
    {
        var followed = await entries.FindAsync(1, cancellation) is { } first ? RecoveryEntry.Read(first.Bytes) : [];
        return [.. heads.Reverse().Select(h => new SeenLog(h.LogId, h.EntryCount)).Concat(held.Select(h => new SeenLog(h.Log, h.Size))).Concat(followed)
            .Where(l => l.Log != previous).GroupBy(l => l.Log).Select(g => new SeenLog(g.Key, g.Max(l => l.Size)))];
    }

    /// <summary>Up to where this database has what was cosigned: the newest such checkpoint that its entries still have the root of.</summary>
    private async Task<long> AgreedAsync(AuditHead? head, long atMost, CancellationToken cancellation)
    {
        if (head is null)
        {
            return 0;
        }

        var cosigned = (await checkpoints.ListAsync((head.Ordinal, atMost + 1), 100, cancellation)).Where(c => c.Log == head.Ordinal && c.Signed.Signatures.Count > 1);
        foreach (var (_, signed) in cosigned)
        {
            if (await GoesOnAsync(head, signed.Checkpoint, cancellation))
            {
                return signed.Checkpoint.Size;
            }
        }

        return 0;
    }

    private async Task<bool> GoesOnAsync(AuditHead? head, Checkpoint held, CancellationToken cancellation)
    {
        if (head is null || head.LogId != held.Log || head.EntryCount < held.Size)
        {
            return false;
        }

        try
        {
            return (await prover.RootAsync(head.Ordinal, held.Size, cancellation)).AsSpan().SequenceEqual(held.Root);
        }
        catch (InvalidDataException)
        {
            return false; // Entries below are gone.
        }
    }
}

/// <summary>How a log went on.</summary>
/// <param name="Entry">The new log's first entry.</param>
/// <param name="Contradicted">What the old log did not go on from.</param>
public sealed record LogRecovered(RecoveryEntry Entry, IReadOnlyList<Checkpoint> Contradicted);

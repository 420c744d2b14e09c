using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Proofs;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Audit;

/// <summary>Lets the log go on after a loss (A4): (1) every connected site is asked for the newest checkpoint that it holds; (2) what this database has
/// is compared with the longest; (3) the log is ended, and a new one begins whose first entry names that checkpoint and what is
/// lost; (4) the sites are shown the new log. They keep both and show the break for good. Nothing is changed if there is nothing to recover.</summary>
internal sealed class AuditRecovery(
    NpgsqlDataSource database, ISiteChannel channel, IFederation federation, IAuditIdentity identity, CheckpointStore checkpoints, AuditProver prover, IAuditLog log)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Null when every site that answered holds what this log goes on from.</summary>
    public async Task<AuditRecovered?> RecoverAsync(AuditActor actor, string reason, CancellationToken cancellation)
    {
        // 1
        var held = await AskAsync(cancellation);
        var heads = await checkpoints.HeadsAsync(cancellation);

        // 2
        var broken = new List<(SiteId Site, Checkpoint Checkpoint)>();
        foreach (var one in held)
        {
            if (!await GoesOnAsync(heads, one.Checkpoint, cancellation))
            {
                broken.Add(one);
            }
        }

        if (broken.Count == 0)
        {
            return null;
        }

        var longest = broken.OrderByDescending(h => h.Checkpoint.Time).ThenByDescending(h => h.Checkpoint.Size).First();
        var kept = await AgreedAsync(heads.FirstOrDefault(h => h.LogId == longest.Checkpoint.Log), longest.Checkpoint.Size, cancellation);
        var entry = new RecoveryEntry(longest.Checkpoint.Log, longest.Checkpoint, kept);

        // 3
        var detail = new Dictionary<string, string>(entry.ToDetail())
        {
            ["heldBy"] = longest.Site.ToString(), ["asked"] = $"{held.Count}", ["contradicted"] = $"{broken.Count}",
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await log.BeginAsync(connection, transaction, new AuditEvent(RecoveryEntry.Operation, actor) { Reason = reason, Outcome = "done", Detail = detail }, cancellation);
        await transaction.CommitAsync(cancellation);
        return new(
            IdText.Format(entry.Previous), longest.Checkpoint.Size, longest.Checkpoint.Time, kept, entry.Lost, held.Count,
            [.. broken.Select(b => b.Site.ToString())]);
    }

    private async Task<IReadOnlyList<(SiteId Site, Checkpoint Checkpoint)>> AskAsync(CancellationToken cancellation)
    {
        var held = new List<(SiteId, Checkpoint)>();
        foreach (var site in channel.Connected)
        {
            var reply = await channel.RequestAsync<AuditHeld>(site, Method.AuditHeld, new AuditHeldQuery(), AnswerTime, cancellation);
            if (reply.Value is { } answer && SignedCheckpoint.TryParse(answer.Note, out var signed) && signed.OfOwner is { } signature
                && signed.Checkpoint.Owner == NodeIdentity.ForCoordinator(federation.Id)
                && NoteSigner.Verify(
                    signed.Checkpoint, signature, SignerCertificates.OfDer(answer.Certificates.Select(c => c.ToByteArray())), identity.Trust.Roots) is not null)
            {
                held.Add((site, signed.Checkpoint));
            }
        }

        return held;
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
            if (await GoesOnAsync([head], signed.Checkpoint, cancellation))
            {
                return signed.Checkpoint.Size;
            }
        }

        return 0;
    }

    private async Task<bool> GoesOnAsync(IReadOnlyList<AuditHead> heads, Checkpoint held, CancellationToken cancellation)
    {
        if (heads.Count == 0 || heads[^1].LogId != held.Log || heads[^1].EntryCount < held.Size)
        {
            return false;
        }

        try
        {
            return (await prover.RootAsync(heads[^1].Ordinal, held.Size, cancellation)).AsSpan().SequenceEqual(held.Root);
        }
        catch (InvalidDataException)
        {
            return false; // Entries below are gone.
        }
    }
}

/// <summary>How a log went on after a loss.</summary>
/// <param name="PreviousLog">The log that ended.</param>
/// <param name="HeldEntries">How many entries of it the sites have seen.</param>
/// <param name="HeldAt">When the last of these checkpoints was signed.</param>
/// <param name="KeptEntries">How many of them this database has, as far as cosigned checkpoints show.</param>
/// <param name="LostEntries">How many are lost, or not shown to be kept.</param>
/// <param name="Asked">How many sites answered.</param>
/// <param name="Contradicted">Which of them hold what the old log does not go on from.</param>
internal sealed record AuditRecovered(
    string PreviousLog, long HeldEntries, DateTimeOffset HeldAt, long KeptEntries, long LostEntries, int Asked, IReadOnlyList<string> Contradicted);

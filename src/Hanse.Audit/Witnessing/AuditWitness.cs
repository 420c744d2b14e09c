using Google.Protobuf;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Audit.Witnessing;

/// <summary>Cosigns the logs of others (A3). (1) The checkpoint is the asker's own and signed by it; (2) it goes on from the one held, by proof, or
/// is of a log that says in its first entry that it follows the one held (A4); (3) it is held from now on, before it is cosigned. What does
/// not go on is kept as evidence for good, written to this node's own log and told to <see cref="IAuditAlarm"/>, all in one
/// transaction. A repeated question gets the same answer.</summary>
public sealed class AuditWitness(
    NpgsqlDataSource database, CheckpointStore checkpoints, IAuditIdentity identity, IAuditLog log, IAuditAlarm alarm, TimeProvider time)
{
    /// <exception cref="FormatException">The note is none, or not one of the asker's own log.</exception>
    public async Task<AuditCosigned> CosignAsync(NodeIdentity asker, AuditCosign request, CancellationToken cancellation)
    {
        // 1
        var credential = identity.Credential ?? throw new FormatException("This node has not joined; it can cosign nothing.");
        var certificates = SignerCertificates.OfDer(request.Certificates.Select(c => c.ToByteArray()));
        if (!SignedCheckpoint.TryParse(request.Note, out var shown) || shown.Checkpoint.Owner != asker || shown.OfOwner is not { } signature)
        {
            throw new FormatException("The note is no signed checkpoint of the asker's own log.");
        }

        if (NoteSigner.Verify(shown.Checkpoint, signature, certificates, identity.Trust.Roots) is null)
        {
            throw new FormatException("The checkpoint's signature does not verify by the federation's roots.");
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var logs = await WitnessStore.LockAsync(transaction, asker.ToString(), cancellation);

        // 2
        var held = logs.LastOrDefault(l => l.FollowedBy is null);
        switch (WitnessPlanner.Judge(shown.Checkpoint, request, logs))
        {
            case WitnessVerdict.OtherSize:
                return new AuditCosigned { Held = held!.Note };
            case WitnessVerdict.Conflict conflict:
                await TellAsync(transaction, asker, Break(LogBreak.Conflict, conflict.Why, held!, shown), conflict.Why, cancellation);
                await transaction.CommitAsync(cancellation);
                alarm.Told();
                return new AuditCosigned { Held = held!.Note, Conflict = conflict.Why };
            case WitnessVerdict.Follows follows:
                await WitnessStore.FollowAsync(transaction, asker.ToString(), follows.Previous, shown.Checkpoint.Log, cancellation);
                await TellAsync(transaction, asker, Break(LogBreak.Recovered, follows.Why, held!, shown), follows.Why, cancellation);
                break;
        }

        // 3
        await WitnessStore.HealAsync(transaction, asker.ToString(), time.GetUtcNow(), cancellation);
        var only = new SignedCheckpoint(shown.Checkpoint, [signature]);
        await WitnessStore.HoldAsync(
            transaction,
            new HeldLog { Owner = asker.ToString(), LogId = shown.Checkpoint.Log, Size = shown.Checkpoint.Size, Note = only.ToText(), SeenAt = time.GetUtcNow() },
            cancellation);
        await transaction.CommitAsync(cancellation);
        await checkpoints.AddCertificatesAsync(certificates, cancellation);
        var answer = new AuditCosigned { Signature = NoteSigner.Sign(shown.Checkpoint, credential, time.GetUtcNow()).ToLine(), Held = only.ToText() };
        answer.Certificates.AddRange(SignerCertificates.Of(credential).ToDer().Select(ByteString.CopyFrom));
        return answer;
    }

    private async Task TellAsync(NpgsqlTransaction transaction, NodeIdentity owner, LogBreak found, string why, CancellationToken cancellation)
    {
        if (!await WitnessStore.BreakAsync(transaction, found, cancellation))
        {
            return;
        }

        await alarm.TellAsync(transaction, owner, $"audit.{found.Kind}", why, cancellation);
        await log.AppendAsync(
            transaction.Connection!, transaction,
            new AuditEvent($"audit.{found.Kind}", new AuditActor(owner.ToString()))
            {
                Site = owner.Site, Reason = why, Detail = new Dictionary<string, string> { ["held"] = found.Held, ["shown"] = found.Shown },
            },
            cancellation);
    }

    private LogBreak Break(string kind, string why, HeldLog held, SignedCheckpoint shown) => new()
    {
        Owner = held.Owner, LogId = shown.Checkpoint.Log, Kind = kind, Why = why, Held = held.Note, Shown = shown.ToText(), DetectedAt = time.GetUtcNow(),
    };
}

/// <summary>How a role tells people that another node's log did not go on from what was seen of it.</summary>
public interface IAuditAlarm
{
    /// <summary>In the transaction that keeps the evidence.</summary>
    Task TellAsync(NpgsqlTransaction transaction, NodeIdentity owner, string operation, string why, CancellationToken cancellation);

    /// <summary>That transaction was committed.</summary>
    void Told();
}

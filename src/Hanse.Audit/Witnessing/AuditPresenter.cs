using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Proofs;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Audit.Witnessing;

/// <summary>Has a witness cosign the newest checkpoint of the own log (A3): (1) signs it; (2) asks with a proof from what the witness held last; (3) if it
/// holds another one, asks once more from that; (4) keeps the signature, or what the witness says against it.</summary>
public sealed class AuditPresenter(
    CheckpointSigner signer, CheckpointStore checkpoints, AuditProver prover, AuditStore entries, WitnessStore witnesses, IAuditIdentity identity, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (SignedCheckpoint Signed, string? Problem)> _presented = new();

    /// <summary>What the witness says against the log, or null. A state that it has cosigned is not shown to it again until <see cref="Forget"/>.</summary>
    /// <param name="witness">Who is asked.</param>
    /// <param name="ask">Sends the question; null when there was no answer.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async Task<string?> PresentAsync(
        NodeIdentity witness, Func<AuditCosign, CancellationToken, Task<AuditCosigned?>> ask, CancellationToken cancellation)
    {
        // 1
        if (await signer.SignAsync(cancellation) is not var (head, signed))
        {
            return null;
        }

        if (_presented.TryGetValue(witness.ToString(), out var before) && ReferenceEquals(before.Signed, signed))
        {
            return before.Problem;
        }

        // 2
        var known = before.Signed?.Checkpoint is { } last && before.Problem is null && last.Log == head.LogId ? last.Size : 0;
        var answer = await ask(await FormAsync(head, signed, known, first: false, cancellation), cancellation);

        // 3
        if (answer is { Signature: "", Conflict: "" } && SignedCheckpoint.TryParse(answer.Held, out var held))
        {
            var otherLog = held.Checkpoint.Log != head.LogId;
            answer = await ask(await FormAsync(head, signed, otherLog ? 0 : held.Checkpoint.Size, otherLog, cancellation), cancellation);
        }

        // 4
        return answer is null ? before.Problem : await KeepAsync(witness, head, signed, answer, cancellation);
    }

    /// <summary>The link to this witness is a new one: it is asked again, whatever it said before.</summary>
    public void Forget(NodeIdentity witness) => _presented.TryRemove(witness.ToString(), out _);

    private async Task<string?> KeepAsync(NodeIdentity witness, AuditHead head, SignedCheckpoint signed, AuditCosigned answer, CancellationToken cancellation)
    {
        var problem = answer.Conflict.Length > 0 ? answer.Conflict : null;
        if (problem is null)
        {
            var certificates = SignerCertificates.OfDer(answer.Certificates.Select(c => c.ToByteArray()));
            if (!NoteSignature.TryParse(answer.Signature, out var signature)
                || NoteSigner.Verify(signed.Checkpoint, signature, certificates, identity.Trust.Roots) != witness)
            {
                problem = "its signature does not verify.";
            }
            else
            {
                await checkpoints.AddCertificatesAsync(certificates, cancellation);
                await checkpoints.AddCosignatureAsync(head.Ordinal, signed.Checkpoint.Size, signature, cancellation);
            }
        }

        await witnesses.AnsweredAsync(witness.ToString(), head.Ordinal, signed.Checkpoint.Size, problem, time.GetUtcNow(), cancellation);
        _presented[witness.ToString()] = (signed, problem);
        return problem;
    }

    private async Task<AuditCosign> FormAsync(AuditHead head, SignedCheckpoint signed, long from, bool first, CancellationToken cancellation)
    {
        var size = signed.Checkpoint.Size;
        var question = new AuditCosign { Note = signed.ToText(), FromSize = (ulong)from };
        question.Certificates.AddRange(SignerCertificates.Of(identity.Credential!).ToDer().Select(ByteString.CopyFrom));
        try
        {
            if (from > 0 && from < size)
            {
                question.Consistency.AddRange((await prover.ConsistencyAsync(head.Ordinal, from, size, cancellation)).Select(ByteString.CopyFrom));
            }

            if (first && await entries.FindAsync(1, cancellation) is { } entry)
            {
                question.FirstEntry = ByteString.CopyFrom(entry.Bytes);
                question.FirstPath.AddRange((await prover.InclusionAsync(head.Ordinal, 1, size, cancellation)).Select(ByteString.CopyFrom));
            }
        }
        catch (InvalidDataException)
        {
            // Entries are gone, so there is no proof to give. The witness is asked without one and says so to everybody.
        }

        return question;
    }
}

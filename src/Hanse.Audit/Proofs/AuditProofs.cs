using System.Security.Cryptography;
using Hanse.Audit.Checkpoints;

namespace Hanse.Audit.Proofs;

/// <summary>Proof files for single entries of the log that is written to.</summary>
public sealed class AuditProofs(AuditStore entries, CheckpointSigner signer, CheckpointStore checkpoints, AuditProver prover)
{
    /// <summary>As many cosigners as make a forgery hopeless, and few enough for a small file.</summary>
    private const int Cosigners = 5;

    /// <summary>Null if there is no such entry, or the log cannot be signed because this node has not joined.</summary>
    public async Task<AuditProof?> ProveAsync(long seq, CancellationToken cancellation)
    {
        if (await entries.FindAsync(seq, cancellation) is not { } row || await signer.SignAsync(cancellation) is not var (head, fresh))
        {
            return null;
        }

        // A checkpoint that others have cosigned says more than one that was signed just now.
        var known = (await checkpoints.ListAsync(null, 20, cancellation))
            .Where(c => c.Log == head.Ordinal && c.Signed.Checkpoint.Size >= seq && c.Signed.Signatures.Count > 1).Select(c => c.Signed);
        var best = known.OrderByDescending(c => Math.Min(c.Signatures.Count, Cosigners + 1)).ThenByDescending(c => c.Checkpoint.Size).FirstOrDefault() ?? fresh;
        var shown = best with { Signatures = [.. best.Signatures.Take(1 + Cosigners)] };
        var path = await prover.InclusionAsync(head.Ordinal, seq, shown.Checkpoint.Size, cancellation);
        return AuditProof.Of(row, shown, path, Needed(shown, await checkpoints.CertificatesAsync(cancellation)));
    }

    private static SignerCertificates Needed(SignedCheckpoint signed, SignerCertificates all)
    {
        var leaves = all.Leaves.Where(l => signed.Signatures.Any(s => NoteSigner.IsKeyOf(s, l))).ToList();
        var issuers = leaves.Select(l => l.IssuerName.RawData).Select(SHA256.HashData).Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        return new(leaves, [.. all.Intermediates.Where(i => issuers.Contains(Convert.ToHexString(SHA256.HashData(i.SubjectName.RawData))))]);
    }
}

using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Audit;

namespace Hanse.Audit.Proofs;

/// <summary>All it takes to show one entry to somebody who has nothing but the federation's root certificates: the entry's bytes, its path to the
/// root of a checkpoint, the checkpoint with its signatures, and the signers' public certificates.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Entry">The entry, exactly as it was hashed.</param>
/// <param name="Index">Number of the leaf, from 0.</param>
/// <param name="Path">RFC 6962 inclusion path, base64.</param>
/// <param name="Checkpoint">Signed note.</param>
/// <param name="Certificates">DER in base64.</param>
public sealed record AuditProof(
    string Format, string Entry, long Index, IReadOnlyList<string> Path, string Checkpoint, IReadOnlyList<string> Certificates)
{
    public const string FormatName = "hanse-audit-proof/1";

    /// <summary>Larger than any proof: of a tree of 2^63 entries with a hundred cosigners.</summary>
    public const int MaximumLength = 4 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static AuditProof Of(AuditRow row, SignedCheckpoint signed, IReadOnlyList<byte[]> path, SignerCertificates certificates) => new(
        FormatName, Encoding.UTF8.GetString(row.Bytes), row.Facts.Seq - 1, [.. path.Select(Convert.ToBase64String)], signed.ToText(),
        [.. certificates.ToDer().Select(Convert.ToBase64String)]);

    /// <summary>Null with the reason when the text is no proof.</summary>
    public static AuditProof? Parse(string text, out string why)
    {
        why = "It is not a proof of this program.";
        try
        {
            var proof = text.Length <= MaximumLength ? JsonSerializer.Deserialize<AuditProof>(text, Json) : null;
            return proof is { Format: FormatName, Entry: not null, Path: not null, Checkpoint: not null, Certificates: not null } ? proof : null;
        }
        catch (JsonException malformed)
        {
            why = $"It is not a proof: {malformed.Message}";
            return null;
        }
    }

    /// <summary>Judges the proof by the federation's roots alone.</summary>
    public ProofVerdict Judge(IReadOnlyCollection<X509Certificate2> roots)
    {
        if (!SignedCheckpoint.TryParse(Checkpoint, out var signed))
        {
            return ProofVerdict.No("The checkpoint in it cannot be read.");
        }

        var bytes = Encoding.UTF8.GetBytes(Entry);
        if (!AuditDocument.TryRead(bytes, out var document, out var why))
        {
            return ProofVerdict.No(why);
        }

        if (document.Log != signed.Checkpoint.Log || document.Facts.Seq != Index + 1)
        {
            return ProofVerdict.No("The entry is of another log or another place than the proof says.");
        }

        if (!TryRead(Path, out var path) || !TryRead(Certificates, out var certificates)
            || !MerkleProof.VerifyInclusion((ulong)Index, (ulong)signed.Checkpoint.Size, MerkleHash.Leaf(bytes), path, signed.Checkpoint.Root))
        {
            return ProofVerdict.No("The path does not lead from the entry to the checkpoint's root: one of them was changed.");
        }

        return SignatureCheck.Judge(signed, SignerCertificates.OfDer(certificates), roots) is var (signers, fault) && fault is not null
            ? ProofVerdict.No(fault)
            : new(true, null, document, signed.Checkpoint, signers);
    }

    private static bool TryRead(IReadOnlyList<string> texts, out IReadOnlyList<byte[]> values)
    {
        try
        {
            values = [.. texts.Select(Convert.FromBase64String)];
            return true;
        }
        catch (FormatException)
        {
            values = [];
            return false;
        }
    }
}

/// <summary>What a proof shows. Without <see cref="Ok"/> it shows nothing, and <see cref="Why"/> says why.</summary>
public sealed record ProofVerdict(bool Ok, string? Why, AuditDocument? Entry, Checkpoint? Checkpoint, IReadOnlyList<string> Signers)
{
    public static ProofVerdict No(string why) => new(false, why, null, null, []);
}

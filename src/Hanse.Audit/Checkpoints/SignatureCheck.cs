using System.Security.Cryptography.X509Certificates;

namespace Hanse.Audit.Checkpoints;

/// <summary>Who of those named on a checkpoint really signed it.</summary>
public static class SignatureCheck
{
    /// <summary>The identities whose signatures hold, the owner's first; a fault if the owner's own does not. A cosignature that cannot be
    /// checked counts for nothing and harms nothing.</summary>
    public static (IReadOnlyList<string> Signers, string? Fault) Judge(
        SignedCheckpoint signed, SignerCertificates certificates, IReadOnlyCollection<X509Certificate2> roots)
    {
        var owner = signed.Checkpoint.Owner.ToString();
        var signers = signed.Signatures.Where(s => NoteSigner.Verify(signed.Checkpoint, s, certificates, roots) is not null)
            .Select(s => s.Signer).Distinct(StringComparer.Ordinal).OrderBy(s => s != owner).ToList();
        return signers.FirstOrDefault() == owner
            ? (signers, null)
            : (signers, $"The checkpoint of {signed.Checkpoint.Size} entries is not signed by {owner} under the given roots.");
    }
}

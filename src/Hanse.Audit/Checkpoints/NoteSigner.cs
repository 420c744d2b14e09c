using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Audit.Checkpoints;

/// <summary>Signs checkpoints with a node's own certificate, and judges signatures by the federation's roots: whoever has the roots'
/// certificates can check them, with no secret and no server (A3). A signer is judged as of the moment of signing, so that a signature
/// outlives the certificate.</summary>
public static class NoteSigner
{
    /// <summary>Signature type 0xff of signed-note, told apart by these bytes.</summary>
    private static readonly byte[] Algorithm = [0xff, .. "hanse-p256-v1"u8];

    public static NoteSignature Sign(Checkpoint checkpoint, NodeCredential credential, DateTimeOffset now)
    {
        var signer = credential.Identity.ToString();
        var time = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        return new(signer, KeyId(signer, credential.Leaf), time, credential.Sign(Message(checkpoint, time)));
    }

    /// <summary>The checkpoint of a note, if it is one of this owner's log and the owner's own signature verifies under these roots; null otherwise.</summary>
    public static Checkpoint? OfOwner(string note, NodeIdentity? owner, SignerCertificates certificates, IReadOnlyCollection<X509Certificate2> roots) =>
        SignedCheckpoint.TryParse(note, out var signed) && signed.Checkpoint.Owner == owner && signed.OfOwner is { } signature
            && Verify(signed.Checkpoint, signature, certificates, roots) is not null
            ? signed.Checkpoint
            : null;

    /// <summary>The node that signed, or null if the signature is not of its name, not over this checkpoint, or none of the certificates leads
    /// from it to a root.</summary>
    public static NodeIdentity? Verify(Checkpoint checkpoint, NoteSignature signature, SignerCertificates certificates, IReadOnlyCollection<X509Certificate2> roots)
    {
        if (!NodeIdentity.TryParse(signature.Signer, out var identity) || identity.Federation != checkpoint.Owner.Federation || roots.Count == 0)
        {
            return null;
        }

        var anchors = new TrustAnchors(identity.Federation, roots, certificates.Intermediates);
        var expected = new PeerExpectation(NodeKind.Coordinator, NodeKind.Site) { IgnoreBans = true };
        var message = Message(checkpoint, signature.Time);
        foreach (var leaf in certificates.Leaves.Where(l => IsKeyOf(signature, l)))
        {
            if (PeerVerifier.Verify(leaf, expected, anchors, signature.Time) is PeerVerdict.Verified verified && verified.Identity == identity
                && leaf.GetECDsaPublicKey() is { } key && IsValid(key, message, signature.Value))
            {
                return identity;
            }
        }

        return null;
    }

    /// <summary>Whether the signature names this certificate's key. It need not be by it.</summary>
    public static bool IsKeyOf(NoteSignature signature, X509Certificate2 leaf) => KeyId(signature.Signer, leaf).AsSpan().SequenceEqual(signature.KeyId);

    private static bool IsValid(ECDsa key, byte[] message, byte[] signature)
    {
        using (key)
        {
            return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
    }

    private static byte[] Message(Checkpoint checkpoint, DateTimeOffset time) => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {time.ToUnixTimeSeconds()}\n{checkpoint.ToText()}"));

    private static byte[] KeyId(string signer, X509Certificate2 leaf) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(signer), (byte)'\n', .. Algorithm, .. leaf.PublicKey.ExportSubjectPublicKeyInfo()])[..4];
}

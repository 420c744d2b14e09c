using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>
/// How a node that missed a rotation finds the new root (T4): the old one vouched for it. Each succession proves itself to whoever trusts its
/// predecessor, so it may come over a connection that is not verified. One who holds the old root's key could deceive such a node anyway.
/// </summary>
public static class RootSuccessions
{
    // One a rotation, and a rotation every few years.
    private const int MaxFollowed = 64;

    private static readonly byte[] Label = "hanse1 root succession\0"u8.ToArray();

    /// <summary>What the predecessor's key signs.</summary>
    public static byte[] ToBeSigned(FederationId federation, ReadOnlySpan<byte> successor) => [.. Label, .. federation.ToBytes(), .. successor];

    /// <summary>The roots that those trusted vouch for, directly or through others, and that are not among them yet.</summary>
    /// <param name="federation">Only its own successions count.</param>
    /// <param name="isTrusted">Whether a root is trusted already, by its key.</param>
    /// <param name="successions">Oldest first; what does not verify is passed over.</param>
    public static IReadOnlyList<X509Certificate2> Follow(FederationId federation, Func<SpkiHash, bool> isTrusted, IEnumerable<RootSuccession> successions)
    {
        var found = new Dictionary<SpkiHash, X509Certificate2>();
        foreach (var succession in successions.Take(MaxFollowed))
        {
            if (Read(succession) is var (predecessor, successor) && !isTrusted(SpkiHash.Of(successor)) && !found.ContainsKey(SpkiHash.Of(successor))
                && (isTrusted(SpkiHash.Of(predecessor)) || found.ContainsKey(SpkiHash.Of(predecessor))) && Verifies(federation, predecessor, succession))
            {
                found[SpkiHash.Of(successor)] = successor;
            }
        }

        return [.. found.Values];
    }

    private static (X509Certificate2 Predecessor, X509Certificate2 Successor)? Read(RootSuccession succession)
    {
        try
        {
            return (X509CertificateLoader.LoadCertificate(succession.Predecessor.Span), X509CertificateLoader.LoadCertificate(succession.Successor.Span));
        }
        catch (CryptographicException)
        {
            // It vouches for nothing that could be trusted.
            return null;
        }
    }

    private static bool Verifies(FederationId federation, X509Certificate2 predecessor, RootSuccession succession)
    {
        using var key = predecessor.GetECDsaPublicKey();
        return key?.VerifyData(ToBeSigned(federation, succession.Successor.Span), succession.Signature.Span, HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence) == true;
    }
}

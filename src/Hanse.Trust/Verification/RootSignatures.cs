using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Trust.Verification;

/// <summary>Which intermediates a set of roots has signed. The answer never changes with time, and checking a P-384 signature costs ten times what all
/// the rest of a verification does, so it is remembered (measured, docs/benchmarks.md). Whether both are valid now is the caller's question.</summary>
internal static class RootSignatures
{
    // Sites of a large federation, with room for renewals. What is forgotten is checked again.
    private const int Limit = 8_192;

    // Only what a root has signed is remembered, so that nobody fills this with certificates of their own making.
    private static readonly ConcurrentDictionary<(string Intermediate, string Roots), byte> Covered = new();

    public static bool Cover(X509Certificate2 intermediate, TrustAnchors anchors)
    {
        var key = (intermediate.GetCertHashString(HashAlgorithmName.SHA256), anchors.RootsKey);
        if (Covered.ContainsKey(key))
        {
            return true;
        }

        if (!Check(intermediate, anchors))
        {
            return false;
        }

        if (Covered.Count >= Limit)
        {
            Covered.Clear();
        }

        Covered[key] = 0;
        return true;
    }

    private static bool Check(X509Certificate2 intermediate, TrustAnchors anchors)
    {
        DateTimeOffset begin = intermediate.NotBefore.ToUniversalTime(), end = intermediate.NotAfter.ToUniversalTime();
        using var chain = PeerVerifier.NewChain(anchors.Roots, begin + ((end - begin) / 2));
        return PeerVerifier.IsAuthority(intermediate) && chain.Build(intermediate) && chain.ChainElements.Count == 2;
    }
}

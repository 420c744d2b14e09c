using System.Security.Cryptography;
using Hanse.Protocol.Ids;

namespace Hanse.Trust.Joining;

/// <summary>J3: a site's key for the join proof, derived from the customer key. The coordinator derives it for the site, an agent derives it
/// from the site id in the verified certificate; a site cannot compute another's.</summary>
public static class SiteKey
{
    public const int Bytes = 32;

    private static readonly byte[] Label = "hanse1 site key\0"u8.ToArray();
    private static readonly byte[] IdLabel = "hanse1 site key id\0"u8.ToArray();

    /// <summary>Tells which key is held, and nothing of it.</summary>
    public static byte[] IdOf(ReadOnlySpan<byte> siteKey) => HKDF.DeriveKey(HashAlgorithmName.SHA256, siteKey.ToArray(), 8, salt: [], info: IdLabel);

    /// <summary>HKDF-SHA256(customer key, info = label ‖ site id).</summary>
    public static byte[] Derive(ReadOnlySpan<byte> customerKey, SiteId site)
    {
        var key = new byte[Bytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, customerKey, key, salt: [], info: [.. Label, .. site.ToBytes()]);
        return key;
    }
}

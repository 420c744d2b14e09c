using System.Buffers.Binary;
using System.Security.Cryptography;
using Hanse.Protocol.Ids;

namespace Hanse.Trust.Datagrams;

/// <summary>G2: what a host's datagrams are sealed with, derived from the site's datagram secret. Whoever holds the secret and knows which host was given
/// which key id can open them, such as a standby on a copy of the site's database; nobody can compute another host's key from one.</summary>
public static class DatagramKey
{
    public const int Bytes = 32;

    private static readonly byte[] Label = "hanse1 datagram key\0"u8.ToArray();

    /// <summary>A secret for a site, from the system's cryptographic random source.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(Bytes);

    /// <summary>A random key id; never 0, which no key has.</summary>
    public static ulong NewId()
    {
        var id = BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(8));
        return id == 0 ? 1 : id;
    }

    /// <summary>HKDF-SHA256(site datagram secret, info = label ‖ host id ‖ key id).</summary>
    public static byte[] Derive(ReadOnlySpan<byte> secret, HostId host, ulong keyId)
    {
        Span<byte> info = stackalloc byte[Label.Length + 24];
        Label.CopyTo(info);
        host.ToBytes().CopyTo(info[Label.Length..]);
        BinaryPrimitives.WriteUInt64BigEndian(info[^8..], keyId);
        var key = new byte[Bytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt: [], info);
        return key;
    }
}

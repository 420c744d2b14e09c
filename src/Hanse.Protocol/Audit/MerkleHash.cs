using System.Security.Cryptography;

namespace Hanse.Protocol.Audit;

/// <summary>The hashes of an RFC 6962 Merkle tree (section 2.1): SHA-256, with a prefix that keeps leaves and nodes apart.</summary>
public static class MerkleHash
{
    /// <summary>Bytes of every hash.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;

    /// <summary>The root of a tree with no leaf.</summary>
    public static byte[] Empty() => SHA256.HashData([]);

    /// <summary>SHA-256(0x00 ‖ entry) (A1).</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> entry) => Prefixed(LeafPrefix, entry, []);

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Prefixed(NodePrefix, left, right);

    private static byte[] Prefixed(byte prefix, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([prefix]);
        hash.AppendData(first);
        hash.AppendData(second);
        return hash.GetHashAndReset();
    }
}

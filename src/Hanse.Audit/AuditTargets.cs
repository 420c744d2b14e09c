using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;

namespace Hanse.Audit;

/// <summary>The target list of an entry (A2): 16 bytes a host, and the Merkle root over them, a leaf a host.</summary>
public static class AuditTargets
{
    private const int IdLength = 16;

    public static byte[] ToBytes(IReadOnlyList<HostId> hosts)
    {
        var bytes = new byte[hosts.Count * IdLength];
        for (var i = 0; i < hosts.Count; i++)
        {
            hosts[i].Value.TryWriteBytes(bytes.AsSpan(i * IdLength), bigEndian: true, out _);
        }

        return bytes;
    }

    /// <summary>Null when the bytes are not whole ids.</summary>
    public static IReadOnlyList<HostId>? Read(byte[] bytes) => bytes.Length % IdLength != 0
        ? null
        : [.. bytes.Chunk(IdLength).Select(id => HostId.FromBytes(id))];

    /// <summary>The root in hexadecimal; null for no hosts.</summary>
    public static string? Root(byte[] bytes) => bytes.Length == 0
        ? null
        : Convert.ToHexStringLower(MerkleFrontier.Of(bytes.Chunk(IdLength).Select(id => MerkleHash.Leaf(id))).Root());
}

using System.Numerics;

namespace Hanse.Protocol.Audit;

/// <summary>All that is needed to go on appending to an RFC 6962 tree and to know its root: one hash for each set bit of the
/// number of leaves, largest complete subtree first. Immutable; <see cref="Append"/> costs O(1) hashes on average, O(log n) at most.</summary>
public sealed class MerkleFrontier
{
    private readonly byte[][] _peaks;

    private MerkleFrontier(ulong count, byte[][] peaks) => (Count, _peaks) = (count, peaks);

    /// <summary>The tree without leaves.</summary>
    public static MerkleFrontier Empty { get; } = new(0, []);

    /// <summary>How many leaves were appended.</summary>
    public ulong Count { get; }

    /// <summary>The tree with one leaf more.</summary>
    /// <param name="leafHash">What <see cref="MerkleHash.Leaf"/> gave for the entry.</param>
    /// <param name="completed">Told each complete subtree that the leaf is the last of, smallest first: its level, its index there, its hash.</param>
    /// <exception cref="ArgumentException">Not the length of a hash.</exception>
    public MerkleFrontier Append(ReadOnlySpan<byte> leafHash, Action<int, ulong, byte[]>? completed = null)
    {
        if (leafHash.Length != MerkleHash.Length)
        {
            throw new ArgumentException($"A leaf hash has {MerkleHash.Length} bytes, not {leafHash.Length}.", nameof(leafHash));
        }

        // Each trailing one bit of the count is a complete subtree as large as the one just completed.
        var merged = BitOperations.TrailingZeroCount(~Count);
        var top = leafHash.ToArray();
        for (var i = 1; i <= merged; i++)
        {
            top = MerkleHash.Node(_peaks[^i], top);
            completed?.Invoke(i, Count >> i, top);
        }

        return new(Count + 1, [.. _peaks[..^merged], top]);
    }

    /// <summary>The Merkle tree hash of all leaves so far.</summary>
    public byte[] Root()
    {
        if (_peaks.Length == 0)
        {
            return MerkleHash.Empty();
        }

        var root = _peaks[^1];
        for (var i = _peaks.Length - 2; i >= 0; i--)
        {
            root = MerkleHash.Node(_peaks[i], root);
        }

        return [.. root];
    }

    /// <summary>The peaks one after the other, for storing beside <see cref="Count"/>.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[_peaks.Length * MerkleHash.Length];
        for (var i = 0; i < _peaks.Length; i++)
        {
            _peaks[i].CopyTo(bytes, i * MerkleHash.Length);
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not one hash for each set bit of <paramref name="count"/>.</exception>
    public static MerkleFrontier Parse(ulong count, ReadOnlySpan<byte> bytes)
    {
        var peaks = BitOperations.PopCount(count);
        if (bytes.Length != peaks * MerkleHash.Length)
        {
            throw new FormatException($"A tree of {count} leaves has {peaks} peaks of {MerkleHash.Length} bytes, not {bytes.Length} bytes.");
        }

        var hashes = new byte[peaks][];
        for (var i = 0; i < peaks; i++)
        {
            hashes[i] = bytes.Slice(i * MerkleHash.Length, MerkleHash.Length).ToArray();
        }

        return new(count, hashes);
    }

    /// <summary>The frontier over these leaf hashes, in order.</summary>
    public static MerkleFrontier Of(IEnumerable<byte[]> leafHashes) =>
        leafHashes.Aggregate(Empty, (frontier, leaf) => frontier.Append(leaf));
}

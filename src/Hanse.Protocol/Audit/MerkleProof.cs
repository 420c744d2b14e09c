using System.Numerics;
using System.Security.Cryptography;

namespace Hanse.Protocol.Audit;

/// <summary>Inclusion and consistency proofs of RFC 6962 (sections 2.1.1 and 2.1.2): making them from the nodes of a tree, and
/// judging them with nothing but roots. Making reads O(log² n) nodes, judging O(log n).</summary>
public static class MerkleProof
{
    /// <summary>The root of the first <paramref name="size"/> leaves.</summary>
    public static byte[] Root(ulong size, MerkleNodeReader nodes) => size == 0 ? MerkleHash.Empty() : Range(0, size, nodes);

    /// <summary>The path that shows that leaf <paramref name="index"/> is in the tree of the first <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leaf.</exception>
    public static IReadOnlyList<byte[]> Inclusion(ulong index, ulong size, MerkleNodeReader nodes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<byte[]>();
        Include(index, 0, size, nodes, path);
        return path;
    }

    /// <summary>The path that shows that the first <paramref name="size"/> leaves begin with the first <paramref name="earlier"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; earlier ≤ size.</exception>
    public static IReadOnlyList<byte[]> Consistency(ulong earlier, ulong size, MerkleNodeReader nodes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(earlier);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(earlier, size);
        var path = new List<byte[]>();
        Connect(earlier, 0, size, known: true, nodes, path);
        return path;
    }

    /// <summary>True if the path proves that this leaf is the one at <paramref name="index"/> under <paramref name="root"/>.</summary>
    public static bool VerifyInclusion(
        ulong index, ulong size, ReadOnlySpan<byte> leafHash, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        if (index >= size)
        {
            return false;
        }

        var (node, last) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in path)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleHash.Node(sibling, hash);
                (node, last) = SkipLoneLevels(node, last);
            }
            else
            {
                hash = MerkleHash.Node(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && CryptographicOperations.FixedTimeEquals(hash, root);
    }

    /// <summary>True if the path proves that the tree under <paramref name="root"/> only adds to the one under <paramref name="earlierRoot"/>.</summary>
    public static bool VerifyConsistency(
        ulong earlier, ulong size, ReadOnlySpan<byte> earlierRoot, ReadOnlySpan<byte> root, IReadOnlyList<byte[]> path)
    {
        if (earlier == 0 || earlier > size)
        {
            return false;
        }

        if (earlier == size)
        {
            return path.Count == 0 && CryptographicOperations.FixedTimeEquals(earlierRoot, root);
        }

        // An earlier tree that is one complete subtree is where the path starts, and is left out of it.
        var steps = new Queue<byte[]>(path);
        var seed = BitOperations.IsPow2(earlier) ? earlierRoot.ToArray() : steps.TryDequeue(out var first) ? first : null;
        return seed is not null && Climb(earlier, size, seed, steps) is var (was, now)
            && CryptographicOperations.FixedTimeEquals(was, earlierRoot) && CryptographicOperations.FixedTimeEquals(now, root);
    }

    private static (byte[] Was, byte[] Now)? Climb(ulong earlier, ulong size, byte[] seed, Queue<byte[]> steps)
    {
        var (node, last) = (earlier - 1, size - 1);
        while ((node & 1) == 1)
        {
            (node, last) = (node >> 1, last >> 1);
        }

        var (was, now) = (seed, seed);
        while (steps.TryDequeue(out var step))
        {
            if (last == 0)
            {
                return null;
            }

            if ((node & 1) == 1 || node == last)
            {
                (was, now) = (MerkleHash.Node(step, was), MerkleHash.Node(step, now));
                (node, last) = SkipLoneLevels(node, last);
            }
            else
            {
                now = MerkleHash.Node(now, step);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 ? (was, now) : null;
    }

    // A right edge without a sibling is passed up unchanged until it is a right child.
    private static (ulong Node, ulong Last) SkipLoneLevels(ulong node, ulong last)
    {
        while ((node & 1) == 0 && node != 0)
        {
            (node, last) = (node >> 1, last >> 1);
        }

        return (node, last);
    }

    private static void Include(ulong index, ulong start, ulong size, MerkleNodeReader nodes, List<byte[]> path)
    {
        if (size == 1)
        {
            return;
        }

        var left = LeftSize(size);
        if (index < left)
        {
            Include(index, start, left, nodes, path);
            path.Add(Range(start + left, size - left, nodes));
        }
        else
        {
            Include(index - left, start + left, size - left, nodes, path);
            path.Add(Range(start, left, nodes));
        }
    }

    private static void Connect(ulong earlier, ulong start, ulong size, bool known, MerkleNodeReader nodes, List<byte[]> path)
    {
        if (earlier == size)
        {
            if (!known)
            {
                path.Add(Range(start, size, nodes));
            }

            return;
        }

        var left = LeftSize(size);
        if (earlier <= left)
        {
            Connect(earlier, start, left, known, nodes, path);
            path.Add(Range(start + left, size - left, nodes));
        }
        else
        {
            Connect(earlier - left, start + left, size - left, known: false, nodes, path);
            path.Add(Range(start, left, nodes));
        }
    }

    private static byte[] Range(ulong start, ulong size, MerkleNodeReader nodes)
    {
        if (BitOperations.IsPow2(size))
        {
            var level = BitOperations.Log2(size);
            return nodes(level, start >> level);
        }

        var left = LeftSize(size);
        return MerkleHash.Node(Range(start, left, nodes), Range(start + left, size - left, nodes));
    }

    // The largest power of two smaller than size.
    private static ulong LeftSize(ulong size) => 1UL << BitOperations.Log2(size - 1);
}

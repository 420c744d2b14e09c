using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hanse.Protocol.Audit;

namespace Hanse.Protocol.Tests.Audit;

/// <summary>RFC 6962 (A1), held against the vectors of the Certificate Transparency reference implementation.</summary>
public class MerkleTests
{
    private static readonly byte[][] Entries =
    [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    private const string N01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    private const string L1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    private const string N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    private const string N4To7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    private const string L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    private const string N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    private const string N0To3 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    private const string N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, N01)]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, N0To3)]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Root_of_the_reference_entries(int size, string root)
    {
        var leaves = Entries[..size].Select(e => MerkleHash.Leaf(e)).ToArray();
        Assert.Equal(root, Hex(MerkleFrontier.Of(leaves).Root()));
        Assert.Equal(root, Hex(MerkleProof.Root((ulong)size, Nodes(leaves))));
    }

    [Theory]
    [InlineData(0, 1, "")]
    [InlineData(0, 8, L1 + N23 + N4To7)]
    [InlineData(5, 8, L4 + N67 + N0To3)]
    [InlineData(2, 3, N01)]
    public void Inclusion_path_of_the_reference_entries(int index, int size, string path)
    {
        var leaves = Entries.Select(e => MerkleHash.Leaf(e)).ToArray();
        Assert.Equal(path, string.Concat(MerkleProof.Inclusion((ulong)index, (ulong)size, Nodes(leaves)).Select(Hex)));
    }

    [Theory]
    [InlineData(1, 1, "")]
    [InlineData(1, 8, L1 + N23 + N4To7)]
    [InlineData(6, 8, N45 + N67 + N0To3)]
    [InlineData(2, 5, N23 + L4)]
    public void Consistency_path_of_the_reference_entries(int earlier, int size, string path)
    {
        var leaves = Entries.Select(e => MerkleHash.Leaf(e)).ToArray();
        Assert.Equal(path, string.Concat(MerkleProof.Consistency((ulong)earlier, (ulong)size, Nodes(leaves)).Select(Hex)));
    }

    [Fact]
    public void Every_proof_of_every_small_tree_holds_and_no_altered_one_does()
    {
        const int largest = 34;
        var leaves = Enumerable.Range(0, largest).Select(i => MerkleHash.Leaf(Encoding.UTF8.GetBytes($"entry {i}"))).ToArray();
        var nodes = Nodes(leaves);
        for (var size = 1UL; size <= largest; size++)
        {
            var root = MerkleFrontier.Of(leaves[..(int)size]).Root();
            for (var index = 0UL; index < size; index++)
            {
                var path = MerkleProof.Inclusion(index, size, nodes);
                Assert.True(MerkleProof.VerifyInclusion(index, size, leaves[index], path, root));
                Assert.False(MerkleProof.VerifyInclusion(index, size, leaves[(index + 1) % largest], path, root));
                Assert.All(Altered(path), bad => Assert.False(MerkleProof.VerifyInclusion(index, size, leaves[index], bad, root)));

                var earlierRoot = MerkleFrontier.Of(leaves[..(int)(index + 1)]).Root();
                var steps = MerkleProof.Consistency(index + 1, size, nodes);
                Assert.True(MerkleProof.VerifyConsistency(index + 1, size, earlierRoot, root, steps));
                Assert.All(Altered(steps), bad => Assert.False(MerkleProof.VerifyConsistency(index + 1, size, earlierRoot, root, bad)));
                Assert.False(MerkleProof.VerifyConsistency(index + 1, size, MerkleHash.Empty(), root, steps));
            }
        }
    }

    [Fact]
    public void Frontier_survives_being_stored_at_any_size() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(0, 300).ToArbitrary(),
        size =>
        {
            var frontier = MerkleFrontier.Of(Enumerable.Range(0, size).Select(i => MerkleHash.Leaf([(byte)i, (byte)(i >> 8)])));
            var read = MerkleFrontier.Parse(frontier.Count, frontier.ToBytes());
            return read.Count == (ulong)size && read.Root().AsSpan().SequenceEqual(frontier.Root())
                && read.Append(MerkleHash.Empty()).Root().AsSpan().SequenceEqual(frontier.Append(MerkleHash.Empty()).Root());
        }));

    [Fact]
    public void Parse_peaks_that_do_not_fit_the_count_is_refused() =>
        Assert.Throws<FormatException>(() => MerkleFrontier.Parse(3, new byte[32]));

    private static IEnumerable<IReadOnlyList<byte[]>> Altered(IReadOnlyList<byte[]> path)
    {
        yield return [.. path, MerkleHash.Empty()];
        for (var i = 0; i < path.Count; i++)
        {
            var flipped = path.Select(hash => hash.ToArray()).ToArray();
            flipped[i][31] ^= 1;
            yield return flipped;
            yield return [.. path.Where((_, at) => at != i)];
        }
    }

    private static MerkleNodeReader Nodes(byte[][] leaves) => (level, index) =>
        MerkleFrontier.Of(leaves.Skip((int)(index << level)).Take(1 << level)).Root();

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}

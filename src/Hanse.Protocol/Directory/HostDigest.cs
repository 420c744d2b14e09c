using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Hanse.Protocol.Ids;

namespace Hanse.Protocol.Directory;

/// <summary>A site's part of the directory in a few bytes, equal on both sides exactly when their hosts are. Hosts fall into 2^bits buckets by the first
/// bits of their id, which is random; a bucket is the sum of its hosts' hashes modulo 2^64, so the order in which they are read does not matter.</summary>
public static class HostDigest
{
    /// <summary>65,536 buckets are half a megabyte: what fits into a frame.</summary>
    public const int MaxBits = 16;

    /// <summary>Hosts of one answer, and of one request to send again: two thirds of a frame.</summary>
    public const int MaxHosts = 20_000;

    public const int SumBytes = sizeof(ulong);

    private const int HostsPerBucket = 8;

    /// <summary>The first eight bytes of SHA-256 over id and content.</summary>
    public static ulong Hash(HostId id, HostContent content)
    {
        using var bytes = new MemoryStream(256);
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(id.Value.ToByteArray(bigEndian: true));
            foreach (var text in new[] { content.Hostname, content.Os, content.OsFamily, content.AgentVersion, content.Kernel })
            {
                writer.Write(text); // with its length before it, so that no two contents are the same bytes
            }

            writer.Write((short)content.Status);
            writer.Write(content.Machine);
            writer.Write(content.Addresses.Count);
            foreach (var address in content.Addresses)
            {
                var plain = address.GetAddressBytes();
                writer.Write((byte)plain.Length);
                writer.Write(plain);
            }

            writer.Write(content.Tags.Count);
            foreach (var tag in content.Tags)
            {
                writer.Write(tag);
            }
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>How many bits give about eight hosts a bucket.</summary>
    public static int BitsFor(long hosts) =>
        hosts <= HostsPerBucket ? 0 : Math.Min(MaxBits, BitOperations.Log2((ulong)(hosts - 1) / HostsPerBucket) + 1);

    public static int BucketOf(HostId id, int bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return bits == 0 ? 0 : (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> (32 - bits));
    }

    /// <summary>The first and the last id that fall into a bucket.</summary>
    public static (Guid First, Guid Last) RangeOf(int bucket, int bits)
    {
        Span<byte> first = stackalloc byte[16], last = stackalloc byte[16];
        var begin = bits == 0 ? 0 : (uint)bucket << (32 - bits);
        last.Fill(0xFF);
        BinaryPrimitives.WriteUInt32BigEndian(first, begin);
        BinaryPrimitives.WriteUInt32BigEndian(last, bits == 0 ? uint.MaxValue : begin | (uint.MaxValue >> bits));
        return (new Guid(first, bigEndian: true), new Guid(last, bigEndian: true));
    }

    /// <summary>Adds a host to the sums of 2^bits buckets.</summary>
    public static void Add(ulong[] sums, int bits, HostId id, ulong hash) => sums[BucketOf(id, bits)] += hash;

    public static ByteString ToWire(ulong[] sums)
    {
        var bytes = new byte[sums.Length * SumBytes];
        for (var bucket = 0; bucket < sums.Length; bucket++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(bucket * SumBytes), sums[bucket]);
        }

        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>The buckets whose sums differ. Null when <paramref name="theirs"/> are not sums of as many buckets.</summary>
    public static IReadOnlyList<int>? Compare(ulong[] ours, ByteString theirs) => theirs.Length != ours.Length * SumBytes
        ? null
        : [.. Enumerable.Range(0, ours.Length).Where(b => BinaryPrimitives.ReadUInt64BigEndian(theirs.Span[(b * SumBytes)..]) != ours[b])];
}

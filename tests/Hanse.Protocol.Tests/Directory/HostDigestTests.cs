using System.Net;
using Google.Protobuf;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Tests.Directory;

/// <summary>Equal sums mean equal hosts, whatever the order in which they were read; and a bucket is where its range says.</summary>
public sealed class HostDigestTests
{
    private const int Seed = 20_300;

    [Fact]
    public void Sums_do_not_depend_on_the_order_of_hosts()
    {
        var hosts = Hosts(500);
        var bits = HostDigest.BitsFor(hosts.Count);
        var shuffled = hosts.ToArray();
        new Random(Seed).Shuffle(shuffled);

        Assert.Empty(HostDigest.Compare(Sums(hosts, bits), HostDigest.ToWire(Sums(shuffled, bits)))!);
    }

    [Fact]
    public void Any_single_difference_is_found_in_the_bucket_of_its_host_and_is_gone_once_mended()
    {
        var hosts = Hosts(200);
        var bits = HostDigest.BitsFor(hosts.Count);
        var truth = Sums(hosts, bits);
        Action<HostState>[] changes =
        [
            s => s.Hostname += "x", s => s.Os += "x", s => s.OsFamily += "x", s => s.AgentVersion += "x", s => s.Kernel += "x", s => s.Status = HostStatus.Banned,
            s => s.Tags.Add("x"), s => s.Addresses.Add(Bytes("192.0.2.1")), s => s.Addresses.Clear(), s => s.MachineIdHash = ByteString.CopyFrom(new byte[32]),
        ];
        foreach (var (change, number) in changes.Select((c, i) => (c, i)))
        {
            var changed = hosts.Select(h => (h.Id, State: h.State.Clone())).ToList();
            change(changed[number * 7].State);
            Assert.Equal([HostDigest.BucketOf(hosts[number * 7].Id, bits)], HostDigest.Compare(Sums(changed, bits), HostDigest.ToWire(truth))!);
        }

        // One that is missing, and one that should not be there.
        Assert.Equal([HostDigest.BucketOf(hosts[3].Id, bits)], HostDigest.Compare(Sums([.. hosts.Where(h => h.Id != hosts[3].Id)], bits), HostDigest.ToWire(truth))!);
        var ghost = Hosts(201)[200];
        Assert.Equal([HostDigest.BucketOf(ghost.Id, bits)], HostDigest.Compare(Sums([.. hosts, ghost], bits), HostDigest.ToWire(truth))!);
    }

    [Fact]
    public void What_the_directory_does_not_keep_makes_no_difference()
    {
        var host = Hosts(1)[0];
        host.State.Addresses.Add(Bytes("10.0.0.7"));
        var same = host.State.Clone();
        same.Hostname = same.Hostname.ToUpperInvariant();
        same.LastSeenUnixMs += 1;
        same.Tags.Add(same.Tags[0]);
        same.Addresses.Add(ByteString.CopyFrom(IPAddress.Parse("::ffff:10.0.0.7").GetAddressBytes()));
        same.Addresses.Add(ByteString.CopyFrom([1, 2, 3]));

        Assert.Equal(HostDigest.Hash(host.Id, HostContent.Of(host.State)), HostDigest.Hash(host.Id, HostContent.Of(same)));
        Assert.NotEqual(HostDigest.Hash(host.Id, HostContent.Of(host.State)), HostDigest.Hash(HostId.New(), HostContent.Of(host.State)));
    }

    [Fact]
    public void Text_that_moves_from_one_field_into_the_next_is_a_difference()
    {
        var (id, state) = Hosts(1)[0];
        var moved = state.Clone();
        (moved.Os, moved.OsFamily) = (state.Os + state.OsFamily, "");

        Assert.NotEqual(HostDigest.Hash(id, HostContent.Of(state)), HostDigest.Hash(id, HostContent.Of(moved)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(8, 0)]
    [InlineData(9, 1)]
    [InlineData(2_000, 8)]
    [InlineData(100_000, 14)]
    [InlineData(long.MaxValue, 16)]
    public void There_are_about_eight_hosts_a_bucket(long hosts, int bits) => Assert.Equal(bits, HostDigest.BitsFor(hosts));

    [Fact]
    public void A_bucket_holds_the_ids_of_its_range_and_the_ranges_leave_nothing_out()
    {
        for (var bits = 0; bits <= 5; bits++)
        {
            var expected = Guid.Empty;
            for (var bucket = 0; bucket < 1 << bits; bucket++)
            {
                var (first, last) = HostDigest.RangeOf(bucket, bits);
                Assert.Equal(expected, first);
                Assert.Equal((bucket, bucket), (HostDigest.BucketOf(new HostId(first), bits), HostDigest.BucketOf(new HostId(last), bits)));
                expected = new Guid(UInt128Bytes(last), bigEndian: true);
            }

            Assert.Equal(Guid.Empty, expected);
        }
    }

    [Fact]
    public void Sums_of_another_number_of_buckets_are_refused() => Assert.Null(HostDigest.Compare(new ulong[4], ByteString.CopyFrom(new byte[24])));

    /// <summary>The id after this one; after the last comes the first.</summary>
    private static byte[] UInt128Bytes(Guid id)
    {
        var next = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(id.ToByteArray(bigEndian: true)) + 1;
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, next);
        return bytes;
    }

    private static ulong[] Sums(IReadOnlyCollection<(HostId Id, HostState State)> hosts, int bits)
    {
        var sums = new ulong[1 << bits];
        foreach (var (id, state) in hosts)
        {
            HostDigest.Add(sums, bits, id, HostDigest.Hash(id, HostContent.Of(state)));
        }

        return sums;
    }

    private static List<(HostId Id, HostState State)> Hosts(int count)
    {
        var random = new Random(Seed);
        var bytes = new byte[16];
        return [.. Enumerable.Range(0, count).Select(number =>
        {
            random.NextBytes(bytes);
            return (new HostId(new Guid(bytes)), new HostState
            {
                Hostname = $"host-{number}", Os = "debian 12.11", OsFamily = "linux", AgentVersion = "1.0", Kernel = "6.1", Status = HostStatus.Online,
                MachineIdHash = ByteString.CopyFrom(bytes), Tags = { "prod", $"rack-{number % 7}" }, Addresses = { Bytes($"10.0.{number / 250}.{number % 250}") },
            });
        })];
    }

    private static ByteString Bytes(string address) => ByteString.CopyFrom(IPAddress.Parse(address).GetAddressBytes());
}

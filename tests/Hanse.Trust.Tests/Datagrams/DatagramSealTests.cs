using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Trust.Datagrams;

namespace Hanse.Trust.Tests.Datagrams;

public sealed class DatagramSealTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly HostId Host = HostId.Parse("00112233445566778899aabbccddeeff");
    private const ulong KeyId = 0x0102030405060708;
    private const uint Route = 0xa1b2c3d4;

    private static byte[] Key => DatagramKey.Derive(Secret, Host, KeyId);

    /// <summary>The vectors of docs/protocol/datagrams.md, computed by another implementation.</summary>
    [Fact]
    public void Key_and_datagrams_are_those_of_the_documents_vectors()
    {
        Assert.Equal("b2c64dff1c78abbe33a9fc79086be543d0a716ae39e67605d76f60e78e2c4a7d", Convert.ToHexStringLower(Key));
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        Assert.Equal("01a1b2c3d4010203040506070800000000000000011428b1cd72f242b074624cdeb6ee99f1", Convert.ToHexStringLower(Seal(sealer, [])));
        while (sealer.Sequence < 254)
        {
            Seal(sealer, []);
        }

        Assert.Equal(
            "01a1b2c3d4010203040506070800000000000000ffa6c56ac4adc6df38948e5998bd4d43d4df790758b5", Convert.ToHexStringLower(Seal(sealer, "hanse"u8)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(DatagramHeader.MaxPayload)]
    public void TryOpen_of_what_was_sealed_gives_header_and_content(int length)
    {
        var content = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        var datagram = Seal(sealer, content);

        Assert.True(DatagramHeader.TryRead(datagram, out var header));
        Assert.Equal(new DatagramHeader(Route, KeyId, 1), header);
        var opened = new byte[length];
        Assert.True(DatagramSeal.TryOpen(Key, header, datagram, opened));
        Assert.Equal(content, opened);
    }

    [Fact]
    public void Any_changed_byte_is_found()
    {
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        var datagram = Seal(sealer, "cpu 12"u8);
        for (var i = 0; i < datagram.Length; i++)
        {
            var damaged = datagram.ToArray();
            damaged[i] ^= 0x10;
            Assert.False(DatagramHeader.TryRead(damaged, out var header) && DatagramSeal.TryOpen(Key, header, damaged, new byte[64]), $"byte {i}");
        }
    }

    [Fact]
    public void Any_cut_datagram_is_refused()
    {
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        var datagram = Seal(sealer, "cpu 12"u8);
        for (var length = 0; length < datagram.Length; length++)
        {
            var cut = datagram[..length];
            Assert.False(DatagramHeader.TryRead(cut, out var header) && DatagramSeal.TryOpen(Key, header, cut, new byte[64]), $"{length} bytes");
        }
    }

    [Fact]
    public void Another_hosts_key_and_another_key_id_open_nothing()
    {
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        var datagram = Seal(sealer, "x"u8);
        Assert.True(DatagramHeader.TryRead(datagram, out var header));
        Assert.False(DatagramSeal.TryOpen(DatagramKey.Derive(Secret, HostId.New(), KeyId), header, datagram, new byte[1]));
        Assert.False(DatagramSeal.TryOpen(DatagramKey.Derive(Secret, Host, KeyId + 1), header, datagram, new byte[1]));
        Assert.False(DatagramSeal.TryOpen(DatagramKey.Derive(DatagramKey.NewSecret(), Host, KeyId), header, datagram, new byte[1]));
    }

    [Fact]
    public void Header_of_another_version_or_with_sequence_zero_or_too_long_is_none()
    {
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        var datagram = Seal(sealer, []);
        var version = datagram.ToArray();
        version[0] = 2;
        var zero = datagram.ToArray();
        zero.AsSpan(13, 8).Clear();
        Assert.False(DatagramHeader.TryRead(version, out _));
        Assert.False(DatagramHeader.TryRead(zero, out _));
        Assert.False(DatagramHeader.TryRead([1, .. new byte[DatagramHeader.MaxDatagram]], out _));
    }

    [Fact]
    public void Seal_of_too_long_a_content_is_refused_and_spends_no_sequence()
    {
        using var sealer = new DatagramSealer(Route, KeyId, Key);
        Assert.Throws<ArgumentOutOfRangeException>(() => sealer.Seal(new byte[DatagramHeader.MaxPayload + 1], new byte[2000]));
        Assert.Equal(0UL, sealer.Sequence);
    }

    [Fact]
    public void Route_id_is_the_first_four_bytes_of_the_sites_id() =>
        Assert.Equal(0xa1b2c3d4u, RouteId.Of(SiteId.Parse("a1b2c3d4445566778899aabbccddeeff")));

    private static byte[] Seal(DatagramSealer sealer, ReadOnlySpan<byte> content)
    {
        var datagram = new byte[DatagramHeader.MaxDatagram];
        return datagram[..sealer.Seal(content, datagram)];
    }
}

using System.Net;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Relay.Counting;
using SocketAddress = Hanse.Gateway.Native.SocketAddress;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>What the limits by source count.</summary>
public sealed class RelayLimitsTests
{
    private static readonly RelayLimits Limits = new(1000, new RelayOptions { MaxRatePerSource = 100 }, 7);

    [Fact]
    public void Arrive_ten_seconds_of_the_rate_at_once_and_then_as_time_passes()
    {
        Assert.Equal(1000, Enumerable.Range(0, 3000).Count(_ => Limits.Arrive(1, 5_000)));
        Assert.False(Limits.Arrive(1, 5_009));
        Assert.True(Limits.Arrive(1, 5_010));
        Assert.False(Limits.Arrive(1, 5_010));
        Assert.True(Limits.Arrive(2, 5_010)); // another source

        // A long silence gives no more than the burst.
        Assert.Equal(1000, Enumerable.Range(0, 3000).Count(_ => Limits.Arrive(1, 1_000_000)));
    }

    [Fact]
    public void Enter_over_both_limits_it_is_the_sources_so_that_no_other_makes_room()
    {
        var limits = new RelayLimits(1, new RelayOptions { MaxPerSource = 1 }, 7);
        Assert.True(limits.Enter(Address("192.0.2.1"), out _, out _));
        Assert.False(limits.Enter(Address("192.0.2.1"), out _, out var same));
        Assert.False(limits.Enter(Address("192.0.2.2"), out _, out var other));
        Assert.Equal((Refusal.SourceLimit, Refusal.OverallLimit), (same, other));
    }

    [Fact]
    public void Hash_of_an_address_is_that_of_its_slash_64()
    {
        Assert.Equal(Hash("2001:db8:0:1::1"), Hash("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        Assert.NotEqual(Hash("2001:db8:0:1::1"), Hash("2001:db8:0:2::1"));
        Assert.Equal(Hash("192.0.2.1"), Hash("::ffff:192.0.2.1"));
        Assert.NotEqual(Hash("192.0.2.1"), Hash("192.0.2.2"));
        Assert.NotEqual(Hash("192.0.2.1"), RelayLimits.Hash(SocketAddress.Of(IPEndPoint.Parse("192.0.2.1:1")), 8));
    }

    private static uint Hash(string address) => RelayLimits.Hash(Address(address), 7);

    private static byte[] Address(string address) => SocketAddress.Of(new IPEndPoint(IPAddress.Parse(address), 1));
}

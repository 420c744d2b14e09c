using Hanse.Coordinator.Hosts.Search;

namespace Hanse.Coordinator.Tests.Hosts.Search;

public sealed class AddressPatternTests
{
    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData("10.1.", "10.1.0.0/16")]
    [InlineData("10.1.2.", "10.1.2.0/24")]
    [InlineData("10.", "10.0.0.0/8")]
    [InlineData("25", "25.0.0.0/8 250.0.0.0/8 251.0.0.0/8 252.0.0.0/8 253.0.0.0/8 254.0.0.0/8 255.0.0.0/8")]
    [InlineData("10.1.2.77/24", "10.1.2.0/24")]
    [InlineData("10.9.0.0/15", "10.8.0.0/15")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("10.25", "10.25.0.0/16 10.250.0.0/16 10.251.0.0/16 10.252.0.0/16 10.253.0.0/16 10.254.0.0/16 10.255.0.0/16")]
    [InlineData("10.1.2.26", "10.1.2.26/32")]
    [InlineData("10.1.999", "")]
    [InlineData("2001:db8::7", "2001:db8::7/128")]
    [InlineData("2001:db8:", "2001:db8::/32")]
    [InlineData("2001:DB8::", "2001:db8::/64")]
    [InlineData("fe80::/10", "fe80::/10")]
    [InlineData("2001:d", "2001:d::/32 2001:d0::/28 2001:d00::/24 2001:d000::/20")]
    public void TryParse_what_people_type_means_these_networks(string text, string networks)
    {
        Assert.True(AddressPattern.TryParse(text, out var pattern));

        Assert.Equal(networks, string.Join(' ', pattern!.Networks));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("web")]
    [InlineData("10..1")]
    [InlineData("10.1.2.3.4")]
    [InlineData("010.1.2.3")]
    [InlineData("10.1.2.3/33")]
    [InlineData("10.1/16")]
    [InlineData("10.256.1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::::")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("10.1.2.3'; drop table hosts_host")]
    public void TryParse_nothing_an_address_begins_with_is_refused(string text) => Assert.False(AddressPattern.TryParse(text, out _));

    [Theory]
    [InlineData("10.1.2.3", 1)]
    [InlineData("10.1.2.0/24", 1)]
    [InlineData("10.1.0.0/20", 16)]
    [InlineData("10.0.0.0/9", 128)]
    [InlineData("2001:db8::/30", 4)]
    public void Covering_keys_are_few_and_hold_the_network(string text, int keys)
    {
        Assert.True(AddressPattern.TryParse(text, out var pattern));
        var covering = NetworkKeys.Covering(pattern!.Networks)!;

        Assert.Equal(keys, covering.Count);
        Assert.Contains(covering, key => key.Contains(pattern.Networks[0].BaseAddress));
    }

    [Fact]
    public void Covering_too_wide_a_network_has_no_keys()
    {
        Assert.True(AddressPattern.TryParse("2000::/3", out var pattern));

        Assert.Null(NetworkKeys.Covering(pattern!.Networks));
    }
}

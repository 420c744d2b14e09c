using Hanse.Trust.Dialing;

namespace Hanse.Trust.Tests.Dialing;

public sealed class NodeAddressTests
{
    [Theory]
    [InlineData("hq.example.org:443", "hq.example.org", 443)]
    [InlineData("127.0.0.1:8443", "127.0.0.1", 8443)]
    [InlineData("[2001:db8::1]:65535", "2001:db8::1", 65535)]
    public void TryParse_valid_roundTrips(string text, string host, int port)
    {
        Assert.True(NodeAddress.TryParse(text, out var address));
        Assert.Equal(new NodeAddress(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hq.example.org")]
    [InlineData(":443")]
    [InlineData("hq:0")]
    [InlineData("hq:65536")]
    [InlineData("hq:+1")]
    [InlineData("2001:db8::1:443")]
    [InlineData("[hq]:443")]
    [InlineData("a/b:443")]
    [InlineData("a b:443")]
    public void TryParse_invalid_isRefused(string? text) => Assert.False(NodeAddress.TryParse(text, out _));
}

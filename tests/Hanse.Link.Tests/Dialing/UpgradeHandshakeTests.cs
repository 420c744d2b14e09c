using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;

namespace Hanse.Link.Tests.Dialing;

public class UpgradeHandshakeTests
{
    // The example of RFC 6455, section 1.3.
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    [Fact]
    public void AcceptFor_the_key_of_the_specification_is_its_answer() =>
        Assert.Equal(Accept, UpgradeHandshake.AcceptFor("dGhlIHNhbXBsZSBub25jZQ=="));

    [Fact]
    public void Judge_a_proper_upgrade_is_no_refusal() => Assert.Null(UpgradeHandshake.Judge(
        $"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nsec-websocket-accept: {Accept}\r\nsec-websocket-protocol: hanse.v1", Accept));

    [Fact]
    public void Judge_another_status_is_a_refusal_with_its_retry_after()
    {
        var refused = UpgradeHandshake.Judge("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7", Accept);

        Assert.Equal((ErrorCodes.UpgradeRefused, TimeSpan.FromSeconds(7)), (refused!.Error.Code, refused.RetryAfter));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH_9.2")]
    [InlineData("HTTP/1.1 abc")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: other\r\nSec-WebSocket-Protocol: hanse.v1")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
    public void Judge_what_is_no_upgrade_to_a_link_throws(string head) =>
        Assert.Throws<IOException>(() => UpgradeHandshake.Judge(head, Accept));
}

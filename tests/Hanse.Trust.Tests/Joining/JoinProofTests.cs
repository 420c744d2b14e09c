using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;

namespace Hanse.Trust.Tests.Joining;

public sealed class JoinProofTests
{
    private static readonly SiteId Site = SiteId.Parse("00112233445566778899aabbccddeeff");
    private static readonly byte[] CustomerKey = new byte[32];
    private static readonly byte[] Tls = [9, 9];

    private static AgentJoinRequest Request() => new()
    {
        AgentNonce = ByteString.CopyFrom(1, 2),
        ServerNonce = ByteString.CopyFrom(3),
        Csr = ByteString.CopyFrom(4, 5, 6),
    };

    [Fact]
    public void SiteKey_differsBySiteAndByCustomerKey_andIsFixed()
    {
        // A known answer, computed independently: changing the derivation would lock out every agent in the field.
        Assert.Equal("f47c421110a83b76e2e1362b1dac2b4601b844c54025b46f9b4410ca4e81da16", Convert.ToHexStringLower(SiteKey.Derive(CustomerKey, Site)));
        Assert.NotEqual(SiteKey.Derive(CustomerKey, Site), SiteKey.Derive(CustomerKey, SiteId.New()));
    }

    [Fact]
    public void OfAgent_isFixed()
    {
        var proof = JoinProof.OfAgent(new byte[32], Site, Tls, Request());

        Assert.Equal("bcd05433b97572f19406f888e0bbcb7b42adba78d15d50700d9693e74e00d278", Convert.ToHexStringLower(proof));
    }

    [Fact]
    public void OfAgent_everyFieldCounts_andFieldsDoNotRunTogether()
    {
        var key = SiteKey.Derive(CustomerKey, Site);
        var moved = Request();
        moved.AgentNonce = ByteString.CopyFrom(1);
        moved.ServerNonce = ByteString.CopyFrom(2, 3);
        var otherCsr = Request();
        otherCsr.Csr = ByteString.CopyFrom(4, 5, 7);
        var proofs = new[]
        {
            JoinProof.OfAgent(key, Site, Tls, Request()),
            JoinProof.OfAgent(key, Site, Tls, moved),
            JoinProof.OfAgent(key, Site, Tls, otherCsr),
            JoinProof.OfAgent(key, Site, [9], Request()),
            JoinProof.OfAgent(key, SiteId.New(), Tls, Request()),
            JoinProof.OfAgent(new byte[32], Site, Tls, Request()),
            JoinProof.OfSite(key, Site, Tls, Request(), new AgentJoinAnswer()),
        };

        Assert.Equal(proofs.Length, proofs.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void OfSite_everyPartOfTheAnswerCounts()
    {
        var changes = new Action<AgentJoinAnswer>[]
        {
            _ => { },
            a => a.HostId = ByteString.CopyFrom(1),
            a => a.Certificate = ByteString.CopyFrom(1),
            a => a.Trust.FederationId = ByteString.CopyFrom(1),
            a => a.Trust.Generation = 7,
            a => a.Trust.IncarnationNumber = 7,
            a => a.Trust.Incarnation = ByteString.CopyFrom(1),
            a => a.Trust.Roots.Add(ByteString.CopyFrom(1)),
            a => a.Trust.Intermediates.Add(ByteString.CopyFrom(1)),
            a => a.Trust.Revocations = ByteString.CopyFrom(1),
            a => a.ServerName = "x",
            a => a.Addresses.Add("x:1"),
        };
        var proofs = changes.Select(change =>
        {
            var answer = new AgentJoinAnswer { Trust = new TrustSet() };
            change(answer);
            return Convert.ToHexString(JoinProof.OfSite(new byte[32], Site, Tls, Request(), answer));
        });

        Assert.Equal(changes.Length, proofs.Distinct().Count());
    }
}

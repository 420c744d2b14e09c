using Google.Protobuf;
using Hanse.Authority.Joining;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Tests.Joining;

public sealed class AgentJoinVerifierTests
{
    private static readonly byte[] SiteKeyBytes = [.. Enumerable.Repeat((byte)5, 32)];
    private static readonly byte[] Tls = [1, 2, 3];

    private readonly ManualClock _clock = new();
    private readonly SiteId _site = SiteId.New();
    private readonly NodeKey _key = NodeKey.Generate();
    private readonly AgentJoinVerifier _verifier;

    public AgentJoinVerifierTests() => _verifier = new AgentJoinVerifier(_clock);

    [Fact]
    public void Check_rightProof_givesTheKey_once()
    {
        var request = Request();

        Assert.Equal(_key.SpkiHash, SpkiHash.Of(Assert.IsType<AgentJoinDecision.Accepted>(_verifier.Check(request, _site, SiteKeyBytes, Tls)).Key));
        Assert.Equal("challenge-used", Code(request));
    }

    [Fact]
    public void Check_wrongCustomerKey_isRefused() => Assert.Equal("wrong-customer-key", Code(Request(siteKey: new byte[32])));

    [Fact]
    public void Check_swappedCsr_isRefused()
    {
        var request = Request();
        request.Csr = ByteString.CopyFrom(NodeKey.Generate().CreateSigningRequest());

        Assert.Equal("wrong-customer-key", Code(request));
    }

    [Fact]
    public void Check_proofMadeForAnotherConnection_isRefused()
    {
        // What someone between gets who ends TLS with another certificate and passes the proof on.
        Assert.Equal("wrong-customer-key", Code(Request(tls: [4])));
    }

    [Fact]
    public void Check_oldOrForeignChallenge_isRefused()
    {
        var request = Request();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("challenge-expired", Code(request));
        Assert.Equal("challenge-expired", Code(Request(challenge: new AgentJoinVerifier(_clock).Issue().Nonce)));
        Assert.Equal("challenge-expired", Code(Request(challenge: ByteString.Empty)));
    }

    [Fact]
    public void Check_noSigningRequest_isRefused() => Assert.Equal("signing-request-invalid", Code(Request(csr: [1, 2])));

    [Fact]
    public void Check_usedChallenge_staysRefusedForItsWholeLife()
    {
        var request = Request();
        Assert.IsType<AgentJoinDecision.Accepted>(_verifier.Check(request, _site, SiteKeyBytes, Tls));
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("challenge-used", Code(request));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("challenge-expired", Code(request));
    }

    private string Code(AgentJoinRequest request) =>
        Assert.IsType<AgentJoinDecision.Refused>(_verifier.Check(request, _site, SiteKeyBytes, Tls)).Code;

    private AgentJoinRequest Request(byte[]? siteKey = null, byte[]? tls = null, byte[]? csr = null, ByteString? challenge = null)
    {
        var request = new AgentJoinRequest
        {
            AgentNonce = ByteString.CopyFrom(new byte[JoinProof.NonceBytes]),
            ServerNonce = challenge ?? _verifier.Issue().Nonce,
            Csr = ByteString.CopyFrom(csr ?? _key.CreateSigningRequest()),
        };
        request.Proof = ByteString.CopyFrom(JoinProof.OfAgent(siteKey ?? SiteKeyBytes, _site, tls ?? Tls, request));
        return request;
    }
}

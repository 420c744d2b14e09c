using System.Net.Security;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Link.Dialing;

/// <summary>How a dialling node proves itself and judges the server: asked anew for each connection, so that renewals and new roots take
/// effect at once.</summary>
public sealed class LinkTls(CurrentCredential own, PeerVerifier verifier, PeerExpectation expected)
{
    /// <summary>Goes on with a server that TLS proves by name only: it proves itself in its welcome (T8).</summary>
    public bool ByName { get; init; }

    /// <summary>TLS options for one connection; the verdict on its server is filled in during the handshake.</summary>
    internal (SslClientAuthenticationOptions Options, Verdict Verdict) Begin(string serverName)
    {
        var verdict = new Verdict();
        return (PeerTls.ForClient(serverName, own.Value, verifier, expected, (judged, _) => verdict.Value = judged, Admits), verdict);
    }

    /// <summary>What the welcome must prove; null where TLS has proved who the server is.</summary>
    internal WelcomeProof? Ask(PeerVerdict? verdict) =>
        verdict is PeerVerdict.NameOnly shown ? new WelcomeProof(new ServerChallenge(verifier, expected), shown.CertificateHash) : null;

    private bool Admits(PeerVerdict verdict) => verdict is PeerVerdict.Verified || (ByName && verdict is PeerVerdict.NameOnly);

    internal sealed class Verdict
    {
        public PeerVerdict? Value { get; set; }
    }
}

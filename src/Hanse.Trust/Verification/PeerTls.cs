using System.Collections.Concurrent;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>TLS settings for links, joining and renewal, for both ends. A dialling node never resumes a session. A server lets one be
/// resumed, because the platform then shares one TLS context among all connections, a fourth of what a link costs; a resumed session
/// shows no intermediate and proves nothing that was revoked since, so each is judged anew from the server's own store (T5, T6).</summary>
public static class PeerTls
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>For the dialling node. Make one for each connection: the credential is the one in use at that moment.</summary>
    /// <param name="serverName">Sent as TLS server name (L2); it routes, it does not authenticate (T1).</param>
    /// <param name="own">Null where no certificate is held yet: at joining.</param>
    /// <param name="verifier">Judges the server.</param>
    /// <param name="expected">Who must answer.</param>
    /// <param name="observed">Told every verdict with the certificate, before the handshake goes on or fails.</param>
    /// <param name="admits">With whom the handshake goes on; null: with a verified server only. Who admits one that is <see cref="PeerVerdict.NameOnly"/> (T8)
    /// has it prove itself before anything else.</param>
    public static SslClientAuthenticationOptions ForClient(string serverName, NodeCredential? own, PeerVerifier verifier,
        PeerExpectation expected, Action<PeerVerdict, X509Certificate2?>? observed = null, Func<PeerVerdict, bool>? admits = null) => new()
        {
            TargetHost = serverName,
            EnabledSslProtocols = Protocols,
            AllowTlsResume = false,
            ClientCertificateContext = own?.DialContext,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = NoOwnJudgement(),
            RemoteCertificateValidationCallback = ServerCallback(serverName, verifier, expected, observed, admits),
        };

    /// <summary>For a node that has no roots yet and was given no pins: the operating system's trust store judges the name (T8).</summary>
    internal static SslClientAuthenticationOptions ForName(string serverName, TimeProvider time) => new()
    {
        TargetHost = serverName,
        EnabledSslProtocols = Protocols,
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoOwnJudgement(),
        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            certificate is X509Certificate2 leaf && SystemTrust.Covers(leaf, serverName, Presented(chain), time.GetUtcNow()),
    };

    /// <summary>For the answering node on the link name. A client certificate is asked for and may be missing: /join has none. One that
    /// is shown must be of this federation's making, yet may be expired, banned or of a wrong kind: those get a typed answer, so
    /// each endpoint that needs a node must call <see cref="PeerVerifier.Verify(X509Certificate2?, PeerExpectation, IEnumerable{X509Certificate2}?)"/>
    /// on the connection's certificate, without what was presented: on a resumed session nothing is.</summary>
    public static SslServerAuthenticationOptions ForServer(NodeCredential own, PeerVerifier verifier) => ForServer(own.TlsContext, verifier);

    /// <summary>The same with a certificate of the operator's own (T8).</summary>
    public static SslServerAuthenticationOptions ForServer(SslStreamCertificateContext shown, PeerVerifier verifier) =>
        ServerOptions.GetValue(shown, _ => []).GetOrAdd(verifier, _ => NewForServer(shown, verifier));

    /// <summary>The same, for a server that has lost its registry (U5): each intermediate that a peer presents is told, before the peer's leaf is judged.
    /// Whoever is told must check it.</summary>
    public static SslServerAuthenticationOptions ForServer(NodeCredential own, PeerVerifier verifier, Action<X509Certificate2> presented)
    {
        var options = NewForServer(own.TlsContext, verifier);
        options.AllowTlsResume = false;
        options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            foreach (var issuer in Presented(chain) ?? [])
            {
                presented(issuer);
            }

            return ClientCallback(verifier)(sender, certificate, chain, errors);
        };
        return options;
    }

    // One for all connections under a certificate: each link would hold its own for as long as it lives.
    private static readonly ConditionalWeakTable<SslStreamCertificateContext, ConcurrentDictionary<PeerVerifier, SslServerAuthenticationOptions>> ServerOptions = [];

    private static SslServerAuthenticationOptions NewForServer(SslStreamCertificateContext shown, PeerVerifier verifier) => new()
    {
        ServerCertificateContext = shown,
        EnabledSslProtocols = Protocols,
        AllowTlsResume = true,
        AllowRenegotiation = false,
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoOwnJudgement(),
        RemoteCertificateValidationCallback = ClientCallback(verifier),
    };

    /// <summary>For the answering node on any other name: browsers and the API; no client certificate is asked for.</summary>
    public static SslServerAuthenticationOptions ForPublicServer(SslStreamCertificateContext certificate) => new()
    {
        ServerCertificateContext = certificate,
        EnabledSslProtocols = Protocols,
    };

    private static RemoteCertificateValidationCallback ServerCallback(
        string serverName, PeerVerifier verifier, PeerExpectation expected, Action<PeerVerdict, X509Certificate2?>? observed, Func<PeerVerdict, bool>? admits) => (_, certificate, chain, _) =>
        {
            var leaf = certificate as X509Certificate2;
            var verdict = leaf is not null && CertificateNames.ReadIdentity(leaf) is null && SystemTrust.Covers(leaf, serverName, Presented(chain), verifier.Time.GetUtcNow())
                ? new PeerVerdict.NameOnly(serverName, SHA256.HashData(leaf.RawDataMemory.Span))
                : verifier.Verify(leaf, expected, Presented(chain));
            observed?.Invoke(verdict, leaf);
            return admits?.Invoke(verdict) ?? verdict is PeerVerdict.Verified;
        };

    /// <summary>Accepts no certificate, or one that this federation issued; see <see cref="ForServer(NodeCredential, PeerVerifier)"/>.</summary>
    public static RemoteCertificateValidationCallback ClientCallback(PeerVerifier verifier) => (_, certificate, chain, _) =>
        certificate is not X509Certificate2 leaf || IsOurs(verifier.Verify(leaf, AnyNode, Presented(chain)));

    private static readonly PeerExpectation AnyNode = new(Enum.GetValues<Protocol.Messages.NodeKind>());

    private static bool IsOurs(PeerVerdict verdict) => verdict is not (PeerVerdict.NotTrusted or PeerVerdict.WrongFederation);

    /// <summary>The platform builds a chain of its own before it asks us: keep it from the network and from the system's stores, whose
    /// hundred and more roots it would take in for each connection.</summary>
    internal static X509ChainPolicy NoOwnJudgement() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static IEnumerable<X509Certificate2>? Presented(X509Chain? chain) => chain?.ChainPolicy.ExtraStore;
}

using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>
/// Decides whether a certificate is the expected node's. It asks for: an identity of this federation (T1); a chain of exactly leaf,
/// intermediate, root, whose name constraints hold (T2), built from the node's own intermediates and those presented (T5); an issuer of
/// the leaf's own site; no ban (T6); the expected kind, site and name. Time comes from the given clock, never from the system.
/// </summary>
public sealed class PeerVerifier(CurrentTrust trust, TimeProvider time)
{
    private const int MaxPresented = 8;

    // SHA-256 of the issuer, by the leaf's object, which never changes and is one throughout a connection: gone with it. The issuer's own object may be disposed by then.
    private static readonly ConditionalWeakTable<X509Certificate2, byte[]> Issued = [];

    public CurrentTrust Trust => trust;

    public TimeProvider Time => time;

    /// <param name="leaf">The peer's certificate; null if it showed none.</param>
    /// <param name="expected">Whom one is ready to talk to.</param>
    /// <param name="presented">What came in the handshake beside the leaf: missing on a resumed session (T5).</param>
    public PeerVerdict Verify(X509Certificate2? leaf, PeerExpectation expected, IEnumerable<X509Certificate2>? presented = null) =>
        leaf is null
            ? new PeerVerdict.NotTrusted("it showed no certificate")
            : Verify(leaf, expected, trust.Value, time.GetUtcNow(), presented);

    /// <summary>The same, as a pure function of its arguments.</summary>
    public static PeerVerdict Verify(X509Certificate2 leaf, PeerExpectation expected, TrustAnchors anchors, DateTimeOffset now,
        IEnumerable<X509Certificate2>? presented = null)
    {
        if (CertificateNames.ReadIdentity(leaf) is not { } identity)
        {
            return new PeerVerdict.NotTrusted("its certificate carries no Hanse identity");
        }

        if (identity.Federation != anchors.Federation)
        {
            return new PeerVerdict.WrongFederation(identity.Federation, anchors.Federation);
        }

        DateTimeOffset notBefore = leaf.NotBefore.ToUniversalTime();
        DateTimeOffset notAfter = leaf.NotAfter.ToUniversalTime();
        // The chain is judged at a moment when the leaf was valid (T6), so that "expired" is said only of what was once trusted.
        var judgedAt = now >= notAfter ? LastMoment(notBefore, notAfter) : now < notBefore ? notBefore : now;
        var refusal = CheckChain(leaf, identity, anchors, judgedAt, presented, out var issuer)
            ?? CheckBans(leaf, issuer!, identity, anchors, expected)
            ?? CheckExpectation(leaf, identity, expected);
        return refusal ?? CheckTime(identity, notBefore, notAfter, now, expected);
    }

    /// <summary>The identity whose intermediate this is, if a trusted root signed it as one and both are valid; otherwise null.</summary>
    public static NodeIdentity? VerifyIntermediate(X509Certificate2 intermediate, TrustAnchors anchors, DateTimeOffset now)
    {
        var identity = CertificateNames.ReadIdentity(intermediate);
        return identity?.Federation == anchors.Federation && CheckIssuer(intermediate, anchors, now) is null
            && !anchors.Revocations.Bans(identity) && !anchors.Revocations.Bans(SpkiHash.Of(intermediate))
            ? identity
            : null;
    }

    internal static X509Chain NewChain(IEnumerable<X509Certificate2> trusted, DateTimeOffset at)
    {
        var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTimeIgnored = false;
        policy.VerificationTime = at.UtcDateTime;
        policy.CustomTrustStore.AddRange(trusted.ToArray());
        return chain;
    }

    internal static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);

    /// <summary>A root never signs a leaf and an intermediate never signs another: the chain is leaf, intermediate, root, and is judged in these two steps.</summary>
    private static PeerVerdict? CheckChain(X509Certificate2 leaf, NodeIdentity identity, TrustAnchors anchors, DateTimeOffset judgedAt,
        IEnumerable<X509Certificate2>? presented, out X509Certificate2? issuer)
    {
        issuer = null;
        var why = "no intermediate that it could come from is known";
        var authority = KeyIds.Authority(leaf);
        foreach (var candidate in anchors.IssuersOf(leaf).Concat((presented ?? []).Take(MaxPresented).Where(c => KeyIds.Subject(c) == authority)))
        {
            if ((CheckIssuer(candidate, anchors, judgedAt) ?? CheckIssued(leaf, candidate, judgedAt)) is { } fault)
            {
                why = fault;
                continue;
            }

            issuer = candidate;
            return CertificateNames.ReadIdentity(issuer) is { } issuerIdentity && MayIssue(issuerIdentity, identity) && !IsAuthority(leaf)
                ? null
                : new PeerVerdict.NotTrusted("its issuer may not issue for it");
        }

        return new PeerVerdict.NotTrusted(why);
    }

    private static string? CheckIssuer(X509Certificate2 intermediate, TrustAnchors anchors, DateTimeOffset at) =>
        !IsValid(intermediate, at) ? "its issuer's certificate is not valid at that time"
            : !anchors.Roots.Any(r => KeyIds.Subject(r) == KeyIds.Authority(intermediate) && IsValid(r, at)) ? "its issuer comes from no root that is trusted and valid at that time"
            : !RootSignatures.Cover(intermediate, anchors) ? "no trusted root signed its issuer as an intermediate"
            : null;

    /// <summary>Whether this very intermediate issued it, within its constraints. That the chain goes no further is right: the rest was judged. The answer
    /// never changes while both are valid, which the callers see to, and a link asks twice: in the handshake and before its hello. A yes is remembered.</summary>
    private static string? CheckIssued(X509Certificate2 leaf, X509Certificate2 intermediate, DateTimeOffset at)
    {
        var issuer = intermediate.GetCertHash(HashAlgorithmName.SHA256);
        if (Issued.TryGetValue(leaf, out var known) && known.AsSpan().SequenceEqual(issuer))
        {
            return null;
        }

        using var chain = NewChain([intermediate], at);
        var whole = chain.Build(leaf);
        var faults = chain.ChainStatus.Select(s => s.Status).Where(s => s is not (X509ChainStatusFlags.NoError or X509ChainStatusFlags.PartialChain)).Distinct().ToList();
        if (faults.Count > 0)
        {
            return $"its chain does not verify ({string.Join(", ", faults)})";
        }

        if (whole || chain.ChainElements.Count != 2 || !chain.ChainElements[1].Certificate.RawDataMemory.Span.SequenceEqual(intermediate.RawDataMemory.Span))
        {
            return "its chain is not leaf, intermediate, root";
        }

        Issued.AddOrUpdate(leaf, issuer);
        return null;
    }

    private static bool IsValid(X509Certificate2 certificate, DateTimeOffset at) =>
        certificate.NotBefore.ToUniversalTime() <= at && at < certificate.NotAfter.ToUniversalTime();

    /// <summary>T2, on top of the name constraints: an issuer signs for its own host label only; the coordinator's also for gateways.</summary>
    private static bool MayIssue(NodeIdentity issuer, NodeIdentity subject) => issuer.Federation == subject.Federation && issuer.Kind switch
    {
        NodeKind.Site => issuer.UriHost == subject.UriHost,
        NodeKind.Coordinator => subject.Kind is NodeKind.Coordinator or NodeKind.Gateway,
        _ => false,
    };

    private static PeerVerdict? CheckBans(X509Certificate2 leaf, X509Certificate2 issuer, NodeIdentity identity, TrustAnchors anchors,
        PeerExpectation expected)
    {
        var revocations = anchors.Revocations;
        var banned = anchors.Bans(identity)
            || (revocations.Keys.Count > 0 && (revocations.Bans(SpkiHash.Of(leaf)) || revocations.Bans(SpkiHash.Of(issuer))));
        return banned && !expected.IgnoreBans ? new PeerVerdict.Banned(identity) : null;
    }

    private static PeerVerdict? CheckExpectation(X509Certificate2 leaf, NodeIdentity identity, PeerExpectation expected)
    {
        if (!expected.Kinds.Contains(identity.Kind))
        {
            return new PeerVerdict.NotTrusted($"it is {identity}, but a {string.Join(" or ", expected.Kinds)} was expected");
        }

        if (expected.Site is { } site && identity.Site != site)
        {
            return new PeerVerdict.NotTrusted($"it is {identity}, of another site than {site}");
        }

        return expected.ServerName is { } name && !leaf.MatchesHostname(name, allowWildcards: false, allowCommonName: false)
            ? new PeerVerdict.NotTrusted($"its certificate does not cover the name {name}")
            : null;
    }

    private static PeerVerdict CheckTime(NodeIdentity identity, DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now,
        PeerExpectation expected)
    {
        if (now >= notAfter)
        {
            return new PeerVerdict.Expired(identity, notAfter, now - notAfter <= expected.ReturnWindow);
        }

        if (now < notBefore)
        {
            return new PeerVerdict.NotYetValid(identity, notBefore);
        }

        return expected.IsKnown?.Invoke(identity) == false ? new PeerVerdict.Unknown(identity) : new PeerVerdict.Verified(identity);
    }

    /// <summary>OpenSSL counts the very second of notAfter as past.</summary>
    private static DateTimeOffset LastMoment(DateTimeOffset notBefore, DateTimeOffset notAfter) =>
        notAfter - notBefore > TimeSpan.FromSeconds(1) ? notAfter - TimeSpan.FromSeconds(1) : notBefore;
}

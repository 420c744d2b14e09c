using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>Checks what a server gave at joining and renewal, before any of it is stored.</summary>
internal static class JoinAnswers
{
    public static SiteJoinOutcome Check(SiteJoinAnswer answer, JoinInvitation invitation, NodeKey key, DateTimeOffset now)
    {
        if (answer.SiteId.Length != 16 || answer.SiteKey.Length != SiteKey.Bytes || ReadTrust(answer.Trust, invitation) is not { } trust)
        {
            return new SiteJoinOutcome.Refused(Malformed("its answer is incomplete, or its trust set has no pinned root"));
        }

        var site = SiteId.FromBytes(answer.SiteId.Span);
        if (!TryLoad(answer.Intermediate, key, out var intermediate)
            || PeerVerifier.VerifyIntermediate(intermediate, trust, now) != NodeIdentity.ForSite(invitation.Federation, site))
        {
            return new SiteJoinOutcome.Refused(Malformed("the certificate it gave is not this site's"));
        }

        return new SiteJoinOutcome.Joined
        {
            Federation = invitation.Federation,
            Site = site,
            Name = answer.SiteName,
            Intermediate = intermediate,
            Trust = trust.WithIntermediates([intermediate]),
            SiteKey = answer.SiteKey.ToByteArray(),
            ExternalNames = [.. answer.ExternalNames],
            Addresses = Read(answer.Addresses),
            CoordinatorServerName = Or(answer.CoordinatorServerName, invitation.ServerName),
            CoordinatorAddresses = Addresses(answer.CoordinatorAddresses, invitation),
        };
    }

    public static GatewayJoinOutcome Check(GatewayJoinAnswer answer, JoinInvitation invitation, NodeKey key, DateTimeOffset now)
    {
        if (answer.GatewayId.Length != 16 || ReadTrust(answer.Trust, invitation) is not { } trust)
        {
            return new GatewayJoinOutcome.Refused(Malformed("its answer is incomplete, or its trust set has no pinned root"));
        }

        var identity = NodeIdentity.ForGateway(invitation.Federation, GatewayId.FromBytes(answer.GatewayId.Span));
        if (!TryLoad(answer.Certificate, key, out var leaf) || Judge(leaf, identity, trust, now) != identity)
        {
            return new GatewayJoinOutcome.Refused(Malformed("the certificate it gave is not this gateway's"));
        }

        return new GatewayJoinOutcome.Joined
        {
            Name = answer.GatewayName,
            Credential = new NodeCredential(key, leaf, trust.ChainOf(leaf)),
            Trust = trust,
            CoordinatorServerName = Or(answer.CoordinatorServerName, invitation.ServerName),
            CoordinatorAddresses = Addresses(answer.CoordinatorAddresses, invitation),
        };
    }

    public static AgentJoinOutcome Check(AgentJoinAnswer answer, byte[] expectedProof, SiteId site, JoinInvitation invitation, NodeKey key,
        DateTimeOffset now)
    {
        if (!JoinProof.Equal(expectedProof, answer.Proof.Span))
        {
            return new AgentJoinOutcome.Refused(new JoinRefusal(ErrorCodes.WrongCustomerKey,
                "The site could not prove that it holds the customer key of the join string. Ask for a new join string."));
        }

        if (answer.HostId.Length != 16 || ReadTrust(answer.Trust, invitation) is not { } trust)
        {
            return new AgentJoinOutcome.Refused(Malformed("its answer is incomplete, or its trust set has no pinned root"));
        }

        var identity = NodeIdentity.ForAgent(invitation.Federation, site, HostId.FromBytes(answer.HostId.Span));
        if (!TryLoad(answer.Certificate, key, out var leaf)
            || PeerVerifier.Verify(leaf, PeerExpectation.AgentsOf(site), trust, now) is not PeerVerdict.Verified verified
            || verified.Identity != identity)
        {
            return new AgentJoinOutcome.Refused(Malformed("the certificate it gave is not this agent's"));
        }

        return new AgentJoinOutcome.Joined
        {
            Federation = invitation.Federation,
            Site = site,
            Host = identity.Host!.Value,
            Credential = new NodeCredential(key, leaf, trust.ChainOf(leaf)),
            Trust = trust,
            ServerName = Or(answer.ServerName, invitation.ServerName),
            Addresses = [.. Read(answer.Addresses).Concat(invitation.Addresses).Distinct()],
        };
    }

    public static RenewOutcome Check(RenewAnswer answer, NodeIdentity identity, TrustAnchors before, NodeKey key, DateTimeOffset now)
    {
        // The connection was verified, so its trust set may bring new roots (T4); it may not change the federation.
        if (answer.Trust is null || TrustAnchors.FromWire(answer.Trust) is not { } trust || trust.Federation != before.Federation)
        {
            return new RenewOutcome.Refused(Malformed("its answer has no usable trust set"));
        }

        var merged = trust.WithIntermediates(before.Intermediates);
        if (!TryLoad(answer.Certificate, key, out var certificate) || Judge(certificate, identity, merged, now) != identity)
        {
            return new RenewOutcome.Refused(Malformed("the certificate it gave is not this node's"));
        }

        return new RenewOutcome.Renewed(certificate, merged);
    }

    private static NodeIdentity? Judge(X509Certificate2 certificate, NodeIdentity identity, TrustAnchors trust, DateTimeOffset now) =>
        identity.Kind == NodeKind.Site
            ? PeerVerifier.VerifyIntermediate(certificate, trust, now)
            : (PeerVerifier.Verify(certificate, new PeerExpectation(identity.Kind), trust, now) as PeerVerdict.Verified)?.Identity;

    private static TrustAnchors? ReadTrust(TrustSet? set, JoinInvitation invitation)
    {
        var trust = set is null ? null : TrustAnchors.FromWire(set);
        return trust is not null && trust.Federation == invitation.Federation && IsPinned(trust, invitation) ? trust : null;
    }

    /// <summary>By itself, or by the word of a root that is (T4). Without pins the proof of J3 vouches for the set (T8).</summary>
    private static bool IsPinned(TrustAnchors trust, JoinInvitation invitation)
    {
        if (invitation.RootPins.IsEmpty)
        {
            return true;
        }

        var followed = RootSuccessions.Follow(invitation.Federation, pin => invitation.RootPins.Contains(pin), trust.Successions).Select(SpkiHash.Of).ToHashSet();
        return trust.Roots.Select(SpkiHash.Of).Any(root => invitation.RootPins.Contains(root) || followed.Contains(root));
    }

    private static bool TryLoad(ByteString der, NodeKey key, [NotNullWhen(true)] out X509Certificate2? certificate)
    {
        certificate = null;
        try
        {
            var loaded = X509CertificateLoader.LoadCertificate(der.Span);
            certificate = SpkiHash.Of(loaded) == key.SpkiHash ? loaded : null;
        }
        catch (CryptographicException)
        {
            // Not a certificate: refused by the caller like one for another key.
        }

        return certificate is not null;
    }

    private static ImmutableArray<NodeAddress> Addresses(RepeatedField<string> texts, JoinInvitation invitation)
    {
        var addresses = Read(texts);
        return addresses.IsEmpty ? invitation.Addresses : addresses;
    }

    private static ImmutableArray<NodeAddress> Read(RepeatedField<string> texts) =>
        [.. texts.Select(t => NodeAddress.TryParse(t, out var address) ? address : null).OfType<NodeAddress>()];

    private static string Or(string text, string fallback) => text.Length > 0 ? text : fallback;

    private static JoinRefusal Malformed(string why) =>
        new(ErrorCodes.UnexpectedAnswer, $"The server answered, but {why}. Check that both run matching versions, then try again.");
}

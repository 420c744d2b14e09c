using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>
/// The first step of joining (J2): asks the server for its trust set over a connection that is not verified yet, sends nothing
/// secret on it, and keeps only roots that the join string pins. What remains is as trustworthy as the join string.
/// </summary>
public sealed class TrustDiscovery(TimeProvider time)
{
    /// <summary>A clock further off is refused at joining: beyond the backdating of certificates a fresh one is not valid yet (T3).</summary>
    public static readonly TimeSpan ClockTolerance = RenewalPlanner.Backdating;

    /// <summary>The pinned part of the server's trust set, or why there is none.</summary>
    public async Task<TrustDiscoveryOutcome> DiscoverAsync(JoinInvitation invitation, CancellationToken cancel)
    {
        var tls = invitation.RootPins.IsEmpty ? PeerTls.ForName(invitation.ServerName, time) : Unverified(invitation.ServerName);
        using var exchange = new NodeExchange(invitation.Addresses, invitation.ServerName, tls, time);
        var answer = await exchange.GetAsync(JoinPaths.Trust, TrustSet.Parser, cancel);
        if (answer.Message is not { } set)
        {
            return new TrustDiscoveryOutcome.Refused(answer.Refusal!);
        }

        var pinned = Keep(set, invitation);
        var refused = CheckPins(set, invitation, pinned) ?? CheckClock(invitation, exchange.ServerTime);
        return refused is null
            ? new TrustDiscoveryOutcome.Found(new TrustAnchors(invitation.Federation, pinned, Load(set.Intermediates)))
            : refused;
    }

    internal static SslClientAuthenticationOptions Unverified(string serverName) => new()
    {
        TargetHost = serverName,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = PeerTls.NoOwnJudgement(),
        // Nothing secret goes out and nothing that comes in is believed until a pin matches (J2).
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };

    /// <summary>The pinned roots, and those that pinned ones vouch for: a join string outlives a rotation (T4). Without pins all of them, as far as the
    /// site's proof of J3 over the same set: nothing before it depends on them (T8).</summary>
    private static List<X509Certificate2> Keep(TrustSet set, JoinInvitation invitation) => invitation.RootPins.IsEmpty ? Load(set.Roots) :
    [
        .. Load(set.Roots).Where(root => invitation.RootPins.Contains(SpkiHash.Of(root))),
        .. RootSuccessions.Follow(invitation.Federation, pin => invitation.RootPins.Contains(pin), set.Successions),
    ];

    private static List<X509Certificate2> Load(IEnumerable<Google.Protobuf.ByteString> ders)
    {
        var certificates = new List<X509Certificate2>();
        foreach (var der in ders)
        {
            try
            {
                certificates.Add(IssuerCertificates.Load(der));
            }
            catch (CryptographicException)
            {
                // Not a certificate, so not a pinned one; the check of pins speaks of it.
            }
        }

        return certificates;
    }

    private static TrustDiscoveryOutcome.Refused? CheckPins(TrustSet set, JoinInvitation invitation, List<X509Certificate2> pinned)
    {
        if (pinned.Count > 0 && set.FederationId.Span.SequenceEqual(invitation.Federation.ToBytes()))
        {
            return null;
        }

        return pinned.Count == 0
            ? Refused(ErrorCodes.WrongPins, "The server's roots are not those that the join string pins: it is another server, or someone is between. "
                + "Check the address; if the federation was set up anew, ask for a new join string.")
            : Refused(ErrorCodes.WrongFederation, "The server belongs to another federation than the join string. Check the address.");
    }

    private TrustDiscoveryOutcome.Refused? CheckClock(JoinInvitation invitation, DateTimeOffset? serverTime)
    {
        var now = time.GetUtcNow();
        if (serverTime is { } server && (now - server).Duration() > ClockTolerance)
        {
            return Refused(ErrorCodes.ClockSkew,
                $"This machine's clock says {now:u}, the server's {server:u}. Set the wrong one right (for example with NTP), then join again.");
        }

        return invitation.Expires <= now
            ? Refused(invitation.Kind == NodeKind.Agent ? ErrorCodes.JoinStringExpired : ErrorCodes.TokenExpired,
                $"The join string expired at {invitation.Expires:u}. Ask for a new one.")
            : null;
    }

    private static TrustDiscoveryOutcome.Refused Refused(string code, string message) => new(new JoinRefusal(code, message));
}

/// <summary>What <see cref="TrustDiscovery"/> found.</summary>
public abstract record TrustDiscoveryOutcome
{
    private TrustDiscoveryOutcome()
    {
    }

    /// <summary>Roots that the join string pins, and intermediates that may lead to them.</summary>
    public sealed record Found(TrustAnchors Anchors) : TrustDiscoveryOutcome;

    public sealed record Refused(JoinRefusal Refusal) : TrustDiscoveryOutcome;
}

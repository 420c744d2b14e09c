using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;

namespace Hanse.Server.Cli.Gateways;

/// <summary>What a certificate says by itself: whose it is, for which names, until when. Pure; says nothing of trust.</summary>
internal static class CertificateDiagnosis
{
    private const int FewDays = 7;

    private const string TlsEndsEarly =
        "TLS must end at the site. Look for a proxy or load balancer that terminates it on the way, or for a route that leads to another server.";

    /// <param name="address">The door.</param>
    /// <param name="name">The server name that was asked for.</param>
    /// <param name="shown">What the server showed.</param>
    /// <param name="now">By this machine's clock.</param>
    public static DoctorStep Judge(string address, string name, ShownCertificate shown, DateTimeOffset now)
    {
        var leaf = shown.Leaf;
        if (CertificateNames.ReadIdentity(leaf) is not { } identity)
        {
            return shown.IsCovered
                ? Valid(address, $"a certificate of the site's operator ({Subject(leaf)}), which this machine's trust store vouches for, for {name}", leaf, now)
                : Failed(address, $"the certificate ({Subject(leaf)}) is no Hanse site's", TlsEndsEarly);
        }

        if (identity.Kind is not (NodeKind.Site or NodeKind.Coordinator))
        {
            return Failed(address, $"the certificate is that of {identity}, not a site's", TlsEndsEarly);
        }

        return leaf.MatchesHostname(name, allowWildcards: false, allowCommonName: false)
            ? Valid(address, $"of {Whose(identity)}, for {name}", leaf, now)
            : Failed(address, $"the certificate is that of {Whose(identity)}, and does not cover {name}",
                "The name leads to the wrong site, or was given to it after its last certificate: `hanse site show` has its names, `hanse trust renew` gives it a new one.");
    }

    private static DoctorStep Valid(string address, string found, X509Certificate2 leaf, DateTimeOffset now)
    {
        DateTimeOffset begins = leaf.NotBefore.ToUniversalTime();
        DateTimeOffset ends = leaf.NotAfter.ToUniversalTime();
        if (now >= ends || now < begins)
        {
            return Failed(address, $"{found}; {(now >= ends ? $"it ended at {ends:u}" : $"it begins at {begins:u}")}, and this clock says {now:u}",
                now >= ends ? "See why the site does not renew: `hanse trust horizon`, and the site's log." : "One of the two clocks is wrong: set it right.");
        }

        var days = (int)(ends - now).TotalDays;
        return DoctorStep.Ok(DoctorSteps.Certificate, address, $"{found}, {days.ToString(CultureInfo.InvariantCulture)} days left",
            days < FewDays ? "A site renews at half of its certificate's life: see `hanse trust horizon`." : "");
    }

    private static string Whose(NodeIdentity identity) => identity.Site is { } site ? $"site {site}" : "the coordinator";

    private static string Subject(X509Certificate2 leaf) => leaf.Subject.Length > 0 ? leaf.Subject : "without a subject";

    private static DoctorStep Failed(string address, string found, string advice) => DoctorStep.Failed(DoctorSteps.Certificate, address, found, advice);
}

/// <summary>What a server showed in its handshake.</summary>
/// <param name="Leaf">Its certificate.</param>
/// <param name="Presented">What came beside it.</param>
/// <param name="IsCovered">This machine's trust store vouches for it under the name that was asked for.</param>
internal sealed record ShownCertificate(X509Certificate2 Leaf, IReadOnlyList<X509Certificate2> Presented, bool IsCovered);

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Trust.Verification;

/// <summary>What the operating system's trust store says of a server certificate (T8): that it covers a name, and no more.</summary>
internal static class SystemTrust
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>Nothing is fetched, so revocation by the issuing authority is not looked at: who the server is is proved by its own chain.</summary>
    public static bool Covers(X509Certificate2 leaf, string serverName, IEnumerable<X509Certificate2>? presented, DateTimeOffset now)
    {
        if (!leaf.MatchesHostname(serverName, allowWildcards: true, allowCommonName: false))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerUse));
        chain.ChainPolicy.ExtraStore.AddRange((presented ?? []).ToArray());
        return chain.Build(leaf);
    }
}

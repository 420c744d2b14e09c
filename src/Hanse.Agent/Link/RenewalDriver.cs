using Hanse.Agent.Data;
using Hanse.Agent.Logging;
using Hanse.Agent.Paths;
using Hanse.Trust.Joining;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;

namespace Hanse.Agent.Link;

/// <summary>Renews the agent's certificate at its site, and logs what comes of it.</summary>
internal sealed class RenewalDriver
{
    private readonly LeafRenewalDriver _driver;

    internal RenewalDriver(AgentIdentity identity, PathBook paths, string keyPath, Random random, TimeProvider time, AgentLog log)
    {
        _driver = new LeafRenewalDriver(
            identity.Credential, identity.Trust, () => new SessionTarget(paths.ToTry, identity.ServerName, PeerExpectation.TheSite(identity.Site)), keyPath, random, time);
        _driver.Renewed += () => log.Information("certificate-renewed", $"The certificate is renewed until {identity.Credential.Value.NotAfter:u}.");
        _driver.Failed += (code, why) =>
        {
            if (code is null)
            {
                log.Error("renewal-not-stored", why);
            }
            else
            {
                log.Warning("renewal-refused", why, ("code", code));
            }
        };
    }

    /// <summary>Raised after the credential was replaced.</summary>
    internal event Action? Renewed
    {
        add => _driver.Renewed += value;
        remove => _driver.Renewed -= value;
    }

    internal Task<bool> RenewNowAsync(CancellationToken cancellation) => _driver.RenewNowAsync(cancellation);

    internal Task RunAsync(CancellationToken cancellation) => _driver.RunAsync(cancellation);
}

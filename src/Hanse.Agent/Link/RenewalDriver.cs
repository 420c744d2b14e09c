using Hanse.Agent.Data;
using Hanse.Agent.Logging;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;

namespace Hanse.Agent.Link;

/// <summary>Renews the agent's certificate at half of its life ± 10 % with a new key (T3), and tries on after its end (T6). The new key is on
/// disk before it is sent, so that a renewal whose answer got lost is repeated with the same key.</summary>
internal sealed class RenewalDriver(AgentIdentity identity, string keyPath, Random random, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(6);
    private readonly RenewClient _client = new(time);
    private readonly PeerVerifier _verifier = new(identity.Trust, time);
    private readonly SemaphoreSlim _one = new(1, 1);
    private DateTimeOffset _next;

    /// <summary>Raised after the credential was replaced.</summary>
    internal event Action? Renewed;

    /// <summary>Renews before its hour, for the site asks or has said that the certificate has ended. True once the new one is in use.</summary>
    internal async Task<bool> RenewNowAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var renewed = await RenewAsync(cancellation);
            _next = renewed ? FirstTry() : _next;
            return renewed;
        }
        finally
        {
            _one.Release();
        }
    }

    internal async Task RunAsync(CancellationToken cancellation)
    {
        _next = FirstTry();
        while (true)
        {
            if (time.GetUtcNow() is var now && now < _next)
            {
                // In short sleeps: the wall clock may be set, and a long sleep would not notice.
                await Task.Delay(RenewalPlanner.Step(now, _next, LongestSleep), time, cancellation);
                continue;
            }

            if (!await RenewNowAsync(cancellation))
            {
                _next = RenewalPlanner.NextTry(identity.Credential.Value.NotAfter, time.GetUtcNow(), random);
            }
        }
    }

    private DateTimeOffset FirstTry() =>
        RenewalPlanner.FirstTry(identity.Credential.Value.NotBefore, identity.Credential.Value.NotAfter, random);

    private async Task<bool> RenewAsync(CancellationToken cancellation)
    {
        try
        {
            var key = NodeKey.LoadOrGenerate(keyPath);
            var target = new SessionTarget(identity.Addresses, identity.ServerName, PeerExpectation.TheSite(identity.Site));
            var outcome = await _client.RenewAsync(target, identity.Credential.Value, _verifier, key, cancellation);
            if (outcome is RenewOutcome.Renewed renewed)
            {
                identity.Trust.Accept(renewed.Trust);
                identity.Credential.Swap(renewed.ToCredential(key));
                File.Delete(keyPath);
                log.Information("certificate-renewed", $"The certificate is renewed until {identity.Credential.Value.NotAfter:u}.");
                Renewed?.Invoke();
                return true;
            }

            var refusal = ((RenewOutcome.Refused)outcome).Refusal;
            log.Warning("renewal-refused", refusal.Message, ("code", refusal.Code));
        }
        catch (IOException failure)
        {
            log.Error("renewal-not-stored", $"The new certificate could not be stored: {failure.Message} Free disk space.");
        }

        return false;
    }
}

using Hanse.Gateway.Logging;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Protocol.Errors;
using Hanse.Trust.Joining;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Control;

/// <summary>Keeps the link to the coordinator and the certificate that it needs. Nothing of the relay waits for it: a coordinator that is away costs news, never a route.</summary>
internal sealed class CoordinatorLink(GatewayIdentity identity, GatewayFolder folder, CoordinatorSession session, TimeProvider time, GatewayLog log)
{
    private static readonly TimeSpan AfterFault = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled. A defect here is logged and begun anew: what is relayed is worth more than news.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await KeepAsync(stop);
                return;
            }
            catch (Exception fault) when (!stop.IsCancellationRequested)
            {
                log.Error("link-failed", fault.ToString());
                await Task.Delay(AfterFault, time, stop);
            }
        }
    }

    private async Task KeepAsync(CancellationToken stop)
    {
        // Jitter alone; one draws at a time for the keeper, one for the renewal.
        Random random = new(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue)), moments = new(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
        using var wheel = new PulseWheel(time);
        var renewal = new LeafRenewalDriver(
            identity.Credential, identity.Trust, () => new SessionTarget(identity.Addresses, identity.ServerName, PeerExpectation.Coordinator()), folder.RenewalKey, moments, time);
        var keeper = Keeper(wheel, renewal, random);
        renewal.Renewed += () =>
        {
            log.Information("certificate-renewed", $"The certificate is renewed until {identity.Credential.Value.NotAfter:u}.");
            keeper.TryNow();
        };
        renewal.Failed += (code, why) => log.Error(code is null ? "renewal-not-stored" : "renewal-refused", why, ("code", code ?? ""));
        await Task.WhenAll(keeper.RunAsync(stop), renewal.RunAsync(stop));
    }

    private LinkKeeper Keeper(PulseWheel wheel, LeafRenewalDriver renewal, Random random)
    {
        var tls = new LinkTls(identity.Credential, new PeerVerifier(identity.Trust, time), PeerExpectation.Coordinator());
        var dialer = new LinkDialer(tls, new LinkGreeter(wheel, LinkLimits.Default, time), time);
        var target = new LinkTarget(identity.Addresses, identity.ServerName);
        return new LinkKeeper(Dial, session, BackoffOptions.Default, random, time);

        async Task<DialResult> Dial(CancellationToken cancellation)
        {
            var result = await dialer.DialAsync(target, session, cancellation);
            if (result is not DialResult.Connected)
            {
                await MendAsync(result, renewal, cancellation);
            }

            return result;
        }
    }

    /// <summary>What the gateway itself can do about a refusal: renew an ended certificate by its old key (T6), follow a root that its own vouches for (T4). A verified
    /// coordinator's word that it is banned ends what the coordinator gave it.</summary>
    private async Task MendAsync(DialResult result, LeafRenewalDriver renewal, CancellationToken cancellation)
    {
        var error = result is DialResult.Refused refused ? refused.Error : ((DialResult.Unreachable)result).Error;
        log.Warning("link-down", error.Message, ("code", error.Code));
        try
        {
            if (result is DialResult.Refused && error.Code == ErrorCodes.Banned)
            {
                await session.ForgetAsync();
            }
            else if (error.Code is ErrorCodes.CertificateExpired or ErrorCodes.ClockSkew)
            {
                await renewal.RenewNowAsync(cancellation);
            }
            else if (error.Code == ErrorCodes.NotTrusted && await new RootRecovery(time).TryAsync(identity.Addresses, identity.ServerName, identity.Trust, cancellation))
            {
                log.Information("root-found", "A new root of the federation is trusted: the old one vouches for it.");
            }
        }
        catch (IOException failure)
        {
            log.Error("trust-not-kept", $"What follows from this could not be stored: {failure.Message} Free disk space.");
        }
    }
}

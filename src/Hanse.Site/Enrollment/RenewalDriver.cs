using Hanse.Authority.Issuing;
using Hanse.Protocol.Errors;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;
using Microsoft.Extensions.Logging;

namespace Hanse.Site.Enrollment;

/// <summary>Renews the site's own certificate by itself and its intermediate at the coordinator, each at half of its life with a new key
/// (T3). Without a coordinator it goes on trying; the site works until its intermediate ends (invariant 2).</summary>
internal sealed partial class RenewalDriver(SiteIdentity identity, SiteOptions options, Random random, TimeProvider time, ILogger<RenewalDriver> logger) : ISiteRenewal
{
    private static readonly TimeSpan ServerRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RootRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);
    private readonly Signal _wake = new();
    private volatile bool _asked;

    public void RenewNow()
    {
        _asked = true;
        _wake.Set();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        await identity.JoinedAsync(cancellation);
        var keys = identity.Keys!;
        // The first to end ends both: one that failed must not leave the site to run out of certificates in silence.
        await await Task.WhenAny(RenewServerAsync(keys, cancellation), RenewIntermediateAsync(keys, cancellation));
    }

    private async Task RenewServerAsync(SiteKeys keys, CancellationToken cancellation)
    {
        while (true)
        {
            var current = keys.Server.Value;
            var sameIssuer = current.Chain.Any(c => c.RawData.AsSpan().SequenceEqual(keys.Issuer.Value.Intermediate.RawData));
            if (sameIssuer)
            {
                await UntilAsync(RenewalPlanner.FirstTry(current.NotBefore, current.NotAfter, random), current.NotBefore, keys, cancellation);
            }

            if (!keys.Issuer.Value.CanIssue(time) || !TryIssueServer(keys))
            {
                await Task.Delay(ServerRetry, time, cancellation);
            }
        }
    }

    private bool TryIssueServer(SiteKeys keys)
    {
        try
        {
            keys.Server.Swap(identity.IssueServer());
            LogServer(keys.Server.Value.NotAfter);
            return true;
        }
        catch (IOException full)
        {
            LogServerNotStored(full.Message, keys.Server.Value.NotAfter);
            return false;
        }
    }

    /// <summary>Waits for the moment, or for a new issuer, under which the certificate must be made anew at once.</summary>
    private async Task UntilAsync(DateTimeOffset moment, DateTimeOffset notBefore, SiteKeys keys, CancellationToken cancellation)
    {
        var swapped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnSwapped(LeafIssuer issuer) => swapped.TrySetResult();
        keys.Issuer.Swapped += OnSwapped;
        try
        {
            await Task.WhenAny(DelayUntilAsync(moment, notBefore, cancellation), swapped.Task);
            cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            keys.Issuer.Swapped -= OnSwapped;
        }
    }

    private async Task RenewIntermediateAsync(SiteKeys keys, CancellationToken cancellation)
    {
        identity.KeysChanged += _wake.Set;
        try
        {
            var planned = FirstTry(keys);
            DateTimeOffset? failed = null;
            while (true)
            {
                await UntilDueAsync(keys, planned, failed, cancellation);
                _asked = false;
                if (await TryRenewAsync(keys, cancellation) is RenewOutcome.Refused { Refusal: var refusal })
                {
                    LogRefused(refusal.Code, refusal.Message, keys.Issuer.Value.NotAfter);
                    identity.RenewalError = refusal.Message;
                    failed = time.GetUtcNow();
                    planned = RenewalPlanner.NextTry(keys.Issuer.Value.NotAfter, failed.Value, random);
                    continue;
                }

                LogIntermediate(keys.Issuer.Value.NotAfter);
                (failed, identity.RenewalError) = (null, null);
                planned = FirstTry(keys);
            }
        }
        finally
        {
            identity.KeysChanged -= _wake.Set;
        }
    }

    /// <summary>At the planned moment, or at once when somebody asks or another root issues now (T4). In steps, because the wall clock may jump.</summary>
    private async Task UntilDueAsync(SiteKeys keys, DateTimeOffset planned, DateTimeOffset? failed, CancellationToken cancellation)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var due = _asked ? now : !IsOfOldRoot(keys) ? planned : failed is { } at && at + RootRetry < planned ? at + RootRetry : failed is null ? now : planned;
            if (due <= now)
            {
                return;
            }

            await _wake.WaitAsync(RenewalPlanner.Step(now, due, LongestStep), time, cancellation);
        }
    }

    private static bool IsOfOldRoot(SiteKeys keys) =>
        keys.Trust.Value is var trust && !ReferenceEquals(trust.RootOf(keys.Issuer.Value.Intermediate), trust.Roots[0]);

    private DateTimeOffset FirstTry(SiteKeys keys) => RenewalPlanner.FirstTry(keys.Issuer.Value.NotBefore, keys.Issuer.Value.NotAfter, random);

    private async Task<RenewOutcome> TryRenewAsync(SiteKeys keys, CancellationToken cancellation)
    {
        try
        {
            return await RenewAsync(keys, cancellation);
        }
        catch (IOException full)
        {
            return new RenewOutcome.Refused(new JoinRefusal(ErrorCodes.DiskFull, $"The new intermediate could not be stored: {full.Message} Free disk space."));
        }
    }

    private async Task<RenewOutcome> RenewAsync(SiteKeys keys, CancellationToken cancellation)
    {
        var file = identity.FilePath("renewing.key");
        var key = NodeKey.LoadOrGenerate(file);
        var coordinator = identity.Coordinator;
        var target = new SessionTarget(coordinator.Addresses, coordinator.ServerName, PeerExpectation.Coordinator());
        var outcome = await new RenewClient(time).RenewAsync(target, keys.Server.Value, keys.Verifier, key, cancellation);
        if (outcome is RenewOutcome.Renewed renewed)
        {
            // What the intermediate before issued is still good, and its holders are judged by our own store (T5): it stays.
            keys.Trust.Accept(renewed.Trust);
            keys.Trust.Update(current => current.WithIntermediates([.. renewed.Trust.Intermediates, renewed.Certificate]));
            keys.Issuer.Swap(new LeafIssuer(key, renewed.Certificate, options.Lifetimes));
            File.Delete(file);
        }

        return outcome;
    }

    /// <summary>In steps, because a timer holds 49 days at the most, and because the wall clock may jump (T3).</summary>
    private async Task DelayUntilAsync(DateTimeOffset moment, DateTimeOffset notBefore, CancellationToken cancellation)
    {
        while (time.GetUtcNow() is var now && now < RenewalPlanner.DueOfOwn(moment, notBefore, now))
        {
            await Task.Delay(RenewalPlanner.Step(now, moment, LongestStep), time, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The site's certificate was renewed; it ends at {NotAfter:u}")]
    private partial void LogServer(DateTimeOffset notAfter);

    [LoggerMessage(2, LogLevel.Information, "The site's intermediate was renewed; it ends at {NotAfter:u}")]
    private partial void LogIntermediate(DateTimeOffset notAfter);

    [LoggerMessage(4, LogLevel.Error, "The site's certificate could not be stored: {Why} Free disk space; it ends at {NotAfter:u}")]
    private partial void LogServerNotStored(string why, DateTimeOffset notAfter);

    [LoggerMessage(3, LogLevel.Warning, "The site's intermediate cannot be renewed: {Code}: {Message} It ends at {NotAfter:u}")]
    private partial void LogRefused(string code, string message, DateTimeOffset notAfter);
}

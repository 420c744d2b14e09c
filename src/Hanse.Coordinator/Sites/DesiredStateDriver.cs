using System.Threading.Channels;
using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>Tells each site its desired state when its link comes up, and again while the generation it observes lags behind (D1).
/// The state is built from the tables at the moment of sending, so nothing is queued and nothing can be lost.</summary>
internal sealed partial class DesiredStateDriver(
    ISites sites, SiteLinks channel, IFederation federation, SiteContents contents, TimeProvider time, ILogger<DesiredStateDriver> logger)
{
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);
    private readonly Channel<SiteId> _due = Channel.CreateUnbounded<SiteId>();

    public async Task RunAsync(CancellationToken cancellation)
    {
        channel.CameOnline += Tell;
        federation.TrustChanged += TellAll;
        try
        {
            await Task.WhenAll(SendDueAsync(cancellation), RecheckAsync(cancellation));
        }
        finally
        {
            channel.CameOnline -= Tell;
            federation.TrustChanged -= TellAll;
        }
    }

    /// <summary>Something in the site's desired state has changed: do not wait for the next look.</summary>
    public void Tell(SiteId site) => _due.Writer.TryWrite(site);

    private void TellAll()
    {
        foreach (var site in channel.Connected)
        {
            Tell(site);
        }
    }

    private async Task SendDueAsync(CancellationToken cancellation)
    {
        await foreach (var site in _due.Reader.ReadAllAsync(cancellation))
        {
            try
            {
                await SendAsync(site, cancellation);
            }
            catch (NpgsqlException away)
            {
                LogNotSent(site, away.Message);
            }
        }
    }

    private async Task RecheckAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(Recheck, time, cancellation);
            try
            {
                var connected = channel.Connected;
                foreach (var site in await sites.ListAsync(cancellation))
                {
                    channel.SetSuspended(site.SiteId, site.Lifecycle == SiteLifecycle.Suspended);
                    if (site.ObservedGeneration < site.Generation && connected.Contains(site.SiteId))
                    {
                        Tell(site.SiteId);
                    }
                }
            }
            catch (NpgsqlException away)
            {
                LogNotSent(default, away.Message);
            }
        }
    }

    private async Task SendAsync(SiteId site, CancellationToken cancellation)
    {
        // A site that was taken back without its names first tells them (U5).
        if (await sites.FindAsync(site.ToString(), cancellation) is not { ExternalNames.Length: > 0 } row)
        {
            return;
        }

        var trust = federation.DesiredTrust(site);
        var state = new DesiredState
        {
            Incarnation = ByteString.CopyFrom(federation.Incarnation.ToByteArray(bigEndian: true)), IncarnationNumber = federation.IncarnationNumber,
            Generation = (ulong)row.Generation, Trust = trust.Trust, SiteKey = ByteString.CopyFrom(trust.SiteKey),
            PreviousSiteKey = trust.PreviousSiteKey is { } previous ? ByteString.CopyFrom(previous) : ByteString.Empty,
            PreviousSiteKeyUntilUnixMs = trust.PreviousUntil?.ToUnixTimeMilliseconds() ?? 0, SiteName = row.Name,
            Suspended = row.Lifecycle == SiteLifecycle.Suspended, SyncMs = (uint)row.SyncMs,
        };
        state.ExternalNames.AddRange(row.ExternalNames);
        state.Addresses.AddRange(row.Addresses);
        await contents.AddAsync(state, row, cancellation);
        var reply = await channel.RequestAsync<DesiredStateReceipt>(site, Method.DesiredState, state, AnswerTime, cancellation);
        if (reply.Failure is { } failure)
        {
            LogNotSent(site, failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Desired state did not reach site {Site}: {Why}")]
    private partial void LogNotSent(SiteId site, string why);
}

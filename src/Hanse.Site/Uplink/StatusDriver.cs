using Hanse.Link;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;

namespace Hanse.Site.Uplink;

/// <summary>Tells the coordinator every few seconds how the site is, and soon after something changed: for online hosts this is also their “last seen”.</summary>
internal sealed class StatusDriver(StateStore states, ReplayEstimate replay, IHosts hosts, ISiteIdentity identity, OutboxSignals signals, TimeProvider time)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    // Many changes are one status.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    public async Task RunAsync(NodeLink link, CancellationToken cancellation)
    {
        while (true)
        {
            var depth = await states.DepthAsync(cancellation);
            var (all, online) = await hosts.CountAsync(cancellation);
            var self = await identity.JoinedAsync(cancellation);
            var status = new SiteStatus
                {
                    HostCount = (ulong)all, OnlineCount = (ulong)online, QueueDepth = (ulong)depth.Waiting,
                    OldestRecordUnixMs = depth.Oldest is { } at ? new DateTimeOffset(at).ToUnixTimeMilliseconds() : 0,
                    SoftwareVersion = SiteModule.Version, ObservedGeneration = identity.ObservedGeneration,
                    IntermediateExpiresUnixS = self.IntermediateNotAfter.ToUnixTimeSeconds(),
                    ReplayMs = (ulong)replay.Of(depth).TotalMilliseconds,
                };
            status.Queues.AddRange(depth.Classes.Select(c => new QueueStatus
            {
                Class = c.Class, Waiting = (ulong)c.Waiting, OldestUnixMs = c.Oldest is { } since ? new DateTimeOffset(since).ToUnixTimeMilliseconds() : 0,
                SetAside = (ulong)c.SetAside,
            }));
            await link.RequestAsync<Empty>(Method.SiteStatus, status, AnswerTime, cancellation);
            await Task.Delay(Pause, time, cancellation);
            var rest = (identity.SyncInterval ?? DefaultInterval) - Pause;
            if (rest > TimeSpan.Zero)
            {
                await signals.Status.WaitAsync(rest, time, cancellation);
            }
        }
    }
}

using Hanse.Link;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;

namespace Hanse.Site.Uplink;

/// <summary>Tells the coordinator every few seconds how the site is: for online hosts this is also their “last seen”.</summary>
internal sealed class StatusDriver(StateStore states, IHosts hosts, ISiteIdentity identity, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    public async Task RunAsync(NodeLink link, CancellationToken cancellation)
    {
        while (true)
        {
            var depth = await states.DepthAsync(cancellation);
            var (all, online) = await hosts.CountAsync(cancellation);
            var self = await identity.JoinedAsync(cancellation);
            await link.RequestAsync<Empty>(
                Method.SiteStatus,
                new SiteStatus
                {
                    HostCount = (ulong)all, OnlineCount = (ulong)online, QueueDepth = (ulong)depth.Waiting,
                    OldestRecordUnixMs = depth.Oldest is { } at ? new DateTimeOffset(at).ToUnixTimeMilliseconds() : 0,
                    SoftwareVersion = SiteModule.Version, ObservedGeneration = identity.ObservedGeneration,
                    IntermediateExpiresUnixS = self.IntermediateNotAfter.ToUnixTimeSeconds(),
                },
                AnswerTime, cancellation);
            await Task.Delay(Interval, time, cancellation);
        }
    }
}

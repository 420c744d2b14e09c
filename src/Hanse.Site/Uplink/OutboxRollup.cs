using Hanse.Protocol.Messages;
using Hanse.Protocol.Rollups;
using Hanse.Site.Rollups.Api;

namespace Hanse.Site.Uplink;

/// <summary>How healthy the way up is.</summary>
internal sealed class OutboxRollup(StateStore store, TimeProvider time) : IRollupSource
{
    public async Task<IReadOnlyList<Rollup>> ComputeAsync(CancellationToken cancellation)
    {
        var depth = await store.DepthAsync(cancellation);
        // Rollups themselves always wait for a moment.
        var records = depth.Of(OutboxClass.Record);
        var hosts = depth.Of(OutboxClass.Host);
        var oldest = new[] { records.Oldest, hosts.Oldest }.Min();
        return
        [
            new(RollupMetrics.Outbox, new Dictionary<string, long>
            {
                ["records"] = records.Waiting, ["hosts"] = hosts.Waiting, ["set-aside"] = depth.Classes.Sum(c => c.SetAside),
                ["oldest-seconds"] = oldest is { } at ? Math.Max(0, (long)(time.GetUtcNow() - new DateTimeOffset(at)).TotalSeconds) : 0,
            }),
        ];
    }
}

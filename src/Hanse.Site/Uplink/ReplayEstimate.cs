using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;

namespace Hanse.Site.Uplink;

/// <summary>How long what waits will take once the link is up: records and states are drained side by side.</summary>
internal sealed class ReplayEstimate(RecordMeter records, StateMeter states)
{
    /// <summary>Zero while the pace is not known: it is measured on large batches.</summary>
    public TimeSpan Of(QueueDepth depth)
    {
        var waiting = depth.Of(OutboxClass.Record).Waiting;
        var (first, second) = (records.Estimate(waiting), states.Estimate(depth.Waiting - waiting));
        return first > second ? first : second;
    }
}

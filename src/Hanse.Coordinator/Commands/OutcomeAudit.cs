using System.Globalization;
using Hanse.Audit;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands;

/// <summary>The audit entries of outcomes (A2).</summary>
internal static class OutcomeAudit
{
    private const string Operation = "execution.outcome";

    public static AuditActor SiteActor(SiteId site) => new($"site:{site}");

    /// <summary>What the coordinator ended itself: one entry for each command and outcome, with its hosts.</summary>
    public static IEnumerable<AuditEvent> Own(IEnumerable<ExecutionChange> changes) =>
        from change in changes
        where change.State.IsTerminal()
        group new HostId(change.Key.Host) by (change.Key.Command, change.State) into outcome
        orderby outcome.Key
        select new AuditEvent(Operation, AuditActor.Coordinator)
        {
            Command = new CommandId(outcome.Key.Command),
            Hosts = [.. outcome],
            Outcome = outcome.Key.State.ToName(),
        };

    /// <summary>What a site reported: an entry for each execution.</summary>
    public static AuditEvent Reported(SiteId site, ExecutionKey key, ExecutionState? was, ExecutionReport report)
    {
        var detail = new Dictionary<string, string>();
        if (report.HasExitCode)
        {
            detail["exitCode"] = report.ExitCode.ToString(CultureInfo.InvariantCulture);
        }

        if (was == ExecutionState.Unknown)
        {
            detail["replaces"] = ExecutionState.Unknown.ToName();
        }

        return new(Operation, SiteActor(site))
        {
            Command = new CommandId(key.Command),
            Site = site,
            Hosts = [new HostId(key.Host)],
            Outcome = report.State.ToName(),
            Reason = report.Reason.Length == 0 ? null : report.Reason,
            Detail = detail,
        };
    }
}

using Hanse.Audit;
using Hanse.Coordinator.Commands.Api;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands.Intake;

/// <summary>What a batch of execution records changes, decided record by record by <see cref="ExecutionMachine"/>; no I/O.
/// Several records of one execution count as one write of the last and one change from the first.</summary>
internal sealed class IntakePlan(SiteId site, IReadOnlyDictionary<ExecutionKey, ExecutionStatus> held, Rebuilt rebuilt)
{
    private readonly Dictionary<ExecutionKey, ExecutionStatus> _now = new(held);
    private readonly Dictionary<ExecutionKey, ExecutionWrite> _writes = [];
    private readonly List<AuditEvent> _audit = [];

    public IReadOnlyCollection<ExecutionWrite> Writes => _writes.Values;

    public IReadOnlyList<AuditEvent> Audit => _audit;

    public IReadOnlyCollection<ExecutionChange> Changes =>
    [
        .. _writes.Values.Select(w => new ExecutionChange(w.Key, held.TryGetValue(w.Key, out var was) ? was.State : null, w.Status.State)),
    ];

    public ExecutionIntakeResult Take(ExecutionNews news)
    {
        ExecutionStatus? current = _now.TryGetValue(news.Key, out var known) ? known : null;
        if (current is null && rebuilt.Refusals.TryGetValue(news.Key, out var refusal))
        {
            return new(Changed: false, refusal);
        }

        var answer = ExecutionMachine.Observe(current, ExecutionNode.Coordinator, ExecutionNode.Site, news.Report.State);
        if (answer.IsIllegal)
        {
            return new(Changed: false, new(ErrorCodes.TransitionIllegal, answer.Why!));
        }

        if (!answer.IsApplied)
        {
            return new(Changed: false);
        }

        var status = answer.Status!.Value;
        _now[news.Key] = status;
        _writes[news.Key] = new(news.Key, status, news.Report);
        if (status.State.IsTerminal())
        {
            _audit.Add(OutcomeAudit.Reported(site, news.Key, current?.State, news.Report));
        }

        return new(Changed: true);
    }
}

/// <summary>One row to write: its status and the report that led to it.</summary>
internal sealed record ExecutionWrite(ExecutionKey Key, ExecutionStatus Status, ExecutionReport Report);

using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Commands.Processes;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>Takes, runs and ends executions by their journal (D4, D5). Guarantees: one id runs at most once, whatever is asked and
/// however often the agent dies; at most <see cref="ExecutionOptions.Concurrency"/> run at once, the rest wait in order and expire at
/// their deadline; after <see cref="DisposeAsync"/> nothing runs. <see cref="RecoverAsync"/> comes first.</summary>
internal sealed class ExecutionRunner(RunSurroundings surroundings) : IExecutor, IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly LinkedList<(ExecutionEntry Entry, PreparedScript Script)> _waiting = [];
    private readonly Dictionary<CommandId, (ExecutionRun Run, Task Task)> _running = [];
    private readonly ScriptChecker _checker = new(surroundings.Options);
    private readonly OutputPump _pump = new(surroundings.Journal);
    private bool _stopping;

    public NewsSignal News { get; } = new();

    public NewsSignal OutputNews { get; } = new();

    private ExecutionJournal Journal => surroundings.Journal;

    private DateTimeOffset Now => surroundings.Time.GetUtcNow();

    /// <summary>Ends what an earlier life of the agent left, then goes on with what was waiting.</summary>
    internal async Task RecoverAsync()
    {
        await new LeftoverEnder(surroundings).EndAllAsync();
        lock (_gate)
        {
            foreach (var entry in Journal.Entries.Where(e => e.Status is null).OrderBy(e => e.Deadline!.Wall))
            {
                var (script, refusal) = _checker.Check(Journal.OrderOf(entry).Script);
                if (script is null)
                {
                    Journal.End(entry, OutcomeReport.NotStarted(entry.Id, refusal!.State, refusal.Reason, refusal.Detail, Now));
                }
                else
                {
                    _waiting.AddLast((entry, script));
                }
            }

            StartWaiting();
        }

        News.Raise();
    }

    /// <summary>Once a second: expires what waited too long, and forgets what is old.</summary>
    internal async Task DriveAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Tick, surroundings.Time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            lock (_gate)
            {
                StartWaiting();
            }

            _ = Journal.Sweep();
        }
    }

    public ExecutionReport Offer(ExecutionOffer offer)
    {
        var id = CommandId.FromBytes(offer.CommandId.Span);
        lock (_gate)
        {
            if (Journal.Find(id) is { } known)
            {
                return Journal.ReportOf(known);
            }

            if (offer.TimeLeftMs == 0)
            {
                return Refused(id, new(ExecutionState.Expired, ExecutionReasons.DeadlinePassed, "The deadline had passed when the order came."));
            }

            var (script, refusal) = _checker.Check(offer.Script);
            return script is null ? Refused(id, refusal!) : Accept(id, offer, script);
        }
    }

    public ExecutionReport Cancel(CommandId command)
    {
        lock (_gate)
        {
            var entry = Journal.Find(command);
            if (entry is null)
            {
                return BuryUnborn(command);
            }

            if (_waiting.FirstOrDefault(w => w.Entry == entry) is { Entry: not null } waiting)
            {
                _waiting.Remove(waiting);
                Journal.End(entry, Cancelled(command, "It was cancelled before its turn came."));
                News.Raise();
            }
            else if (_running.TryGetValue(command, out var running))
            {
                Journal.RequestCancel(entry);
                running.Run.End(EndCause.Cancelled);
            }

            return Journal.ReportOf(entry);
        }
    }

    public IReadOnlyList<PendingReport> Pending() => Journal.Entries.Where(e => !e.Acknowledged)
        .Select(e => new PendingReport(e.Id, e.Status?.State ?? ExecutionState.Delivered)).ToList();

    public ExecutionReport? Report(CommandId command) => Journal.Find(command) is { } entry ? Journal.ReportOf(entry) : null;

    public void Acknowledge(CommandId command, ExecutionState state)
    {
        if (state.IsOutcome() && Journal.Find(command) is { } entry)
        {
            Journal.Acknowledge(entry);
        }
    }

    public IReadOnlyList<OutputChunk> NextOutput(int maximumBytes) => _pump.Next(maximumBytes);

    public void AcknowledgeOutput(IReadOnlyList<OutputOffset> offsets) => _pump.Acknowledge(offsets);

    /// <summary>Kills what runs and journals its end.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] ending;
        lock (_gate)
        {
            _stopping = true;
            foreach (var (run, _) in _running.Values)
            {
                run.End(EndCause.AgentStops);
            }

            ending = [.. _running.Values.Select(r => r.Task)];
        }

        await Task.WhenAll(ending);
    }

    private ExecutionReport Accept(CommandId id, ExecutionOffer offer, PreparedScript script)
    {
        var output = 2 * script.OutputLimit;
        try
        {
            if (Journal.HasRoom(output))
            {
                // The longest time a duration can hold is a deadline that never comes; 10 years are enough for it.
                var left = TimeSpan.FromMilliseconds(Math.Min(offer.TimeLeftMs, TimeSpan.FromDays(3650).TotalMilliseconds));
                var entry = Journal.Accept(id, offer, ExecutionDeadline.In(left, surroundings.Time, surroundings.Boot), output);
                _waiting.AddLast((entry, script));
                StartWaiting();
                return Journal.ReportOf(entry);
            }
        }
        catch (IOException failure)
        {
            surroundings.Log.Error("journal-write-failed", failure.Message, ("command", id.ToString()));
            if (Journal.Find(id) is { } kept)
            {
                return Journal.ReportOf(kept);
            }
        }

        return Refused(id, new(
            ExecutionState.Rejected,
            ExecutionReasons.JournalFull,
            "The agent's journal or its disk is full. Let the site collect results, ask for less output, or free disk space."));
    }

    // What cannot be journaled (a full disk) stays where it is and is tried again at the next tick.
    private void StartWaiting()
    {
        try
        {
            foreach (var waiting in _waiting.Where(w => w.Entry.Deadline!.HasPassed(surroundings.Time, surroundings.Boot)).ToList())
            {
                Expire(waiting.Entry);
                _waiting.Remove(waiting);
            }

            while (!_stopping && _waiting.First is { } first && _running.Count < surroundings.Options.Concurrency)
            {
                Start(first.Value.Entry, first.Value.Script);
                _waiting.RemoveFirst();
            }
        }
        catch (IOException failure)
        {
            surroundings.Log.Error("journal-write-failed", failure.Message);
        }
    }

    private void Expire(ExecutionEntry entry)
    {
        Journal.End(entry, OutcomeReport.NotStarted(
            entry.Id, ExecutionState.Expired, ExecutionReasons.DeadlinePassed, "Its turn did not come before the deadline.", Now));
        News.Raise();
    }

    private void Start(ExecutionEntry entry, PreparedScript script)
    {
        var run = new ExecutionRun(entry, script, surroundings, OutputNews.Raise);
        run.Begin();
        _running[entry.Id] = (run, Task.Run(() => RunAsync(run)));
        News.Raise();
    }

    private async Task RunAsync(ExecutionRun run)
    {
        try
        {
            await run.RunAsync();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Not ended in the journal: the next start of the agent ends it.
            surroundings.Log.Error("execution-lost", failure.Message, ("command", run.Entry.Id.ToString()));
        }

        lock (_gate)
        {
            _running.Remove(run.Entry.Id);
            StartWaiting();
        }

        News.Raise();
    }

    private ExecutionReport BuryUnborn(CommandId command)
    {
        if (Journal.Entries.Count >= 2 * surroundings.Options.MaximumExecutions)
        {
            return Refused(command, new(ExecutionState.Rejected, ExecutionReasons.JournalFull, "The agent's journal is full of tombstones."));
        }

        // The order's deadline is not known here; a week for it, and the usual time past that.
        var deadline = ExecutionDeadline.In(surroundings.Options.Keep, surroundings.Time, surroundings.Boot);
        var report = Cancelled(command, "It was cancelled before it came.");
        Journal.Tombstone(command, deadline, report);
        News.Raise();
        return report;
    }

    private ExecutionReport Cancelled(CommandId command, string detail) =>
        OutcomeReport.NotStarted(command, ExecutionState.Cancelled, ExecutionReasons.CancelRequested, detail, Now);

    private ExecutionReport Refused(CommandId id, ScriptRefusal refusal) =>
        OutcomeReport.NotStarted(id, refusal.State, refusal.Reason, refusal.Detail, Now);
}

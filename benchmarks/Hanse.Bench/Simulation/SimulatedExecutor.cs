using Google.Protobuf;
using Hanse.Agent.Commands;
using Hanse.Bench.Simulation.Machines;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Bench.Simulation;

/// <summary>Executions of an imagined machine. Each id is answered for once and always the same, up to <see cref="Kept"/> that the site
/// holds already; what is not acknowledged is never dropped. Kept in memory only: nothing is run, so nothing can be run twice.</summary>
internal sealed class SimulatedExecutor(SimulatedShell shell, TimeProvider time) : IExecutor
{
    public const int Kept = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<CommandId, SimulatedExecution> _all = [];
    private readonly Queue<CommandId> _done = new();

    public NewsSignal News { get; } = new();

    public NewsSignal OutputNews { get; } = new();

    public ExecutionReport Offer(ExecutionOffer offer)
    {
        var id = CommandId.FromBytes(offer.CommandId.Span);
        lock (_gate)
        {
            if (_all.TryGetValue(id, out var known))
            {
                return known.Report.Clone();
            }

            var execution = new SimulatedExecution(id, Began(id));
            _all.Add(id, execution);
            if (offer.TimeLeftMs == 0)
            {
                execution.End(ExecutionState.Expired, ExecutionReasons.DeadlinePassed, "The deadline had passed when the order came.", time.GetUtcNow());
            }
            else
            {
                _ = RunAsync(execution, offer.Script);
            }

            return execution.Report.Clone();
        }
    }

    public ExecutionReport Cancel(CommandId command)
    {
        lock (_gate)
        {
            if (!_all.TryGetValue(command, out var execution))
            {
                // A cancel that overtakes its start leaves a tombstone (D2).
                execution = new SimulatedExecution(command, Began(command));
                _all.Add(command, execution);
            }

            Cancelled(execution);
            return execution.Report.Clone();
        }
    }

    public IReadOnlyList<PendingReport> Pending()
    {
        lock (_gate)
        {
            return _all.Count == 0 ? [] : [.. _all.Values.Where(e => !e.Acknowledged).Select(e => new PendingReport(e.Id, e.Report.State))];
        }
    }

    public ExecutionReport? Report(CommandId command)
    {
        lock (_gate)
        {
            return _all.GetValueOrDefault(command)?.Report.Clone();
        }
    }

    public void Acknowledge(CommandId command, ExecutionState state)
    {
        lock (_gate)
        {
            if (state.IsOutcome() && _all.TryGetValue(command, out var execution) && !execution.Acknowledged)
            {
                execution.Acknowledged = true;
                _done.Enqueue(command);
                while (_done.Count > Kept)
                {
                    _all.Remove(_done.Dequeue());
                }
            }
        }
    }

    public IReadOnlyList<OutputChunk> NextOutput(int maximumBytes)
    {
        lock (_gate)
        {
            return _all.Count == 0 ? [] : [.. _all.Values.SelectMany(e => e.Unsent())];
        }
    }

    public void AcknowledgeOutput(IReadOnlyList<OutputOffset> offsets)
    {
        lock (_gate)
        {
            foreach (var offset in offsets)
            {
                _all.GetValueOrDefault(CommandId.FromBytes(offset.CommandId.Span))?.AcknowledgeOutput(offset.Stream, offset.Acknowledged);
            }
        }
    }

    private ExecutionReport Began(CommandId id) =>
        new() { CommandId = id.ToWire(), State = ExecutionState.Running, StartedUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds() };

    private void Cancelled(SimulatedExecution execution)
    {
        if (!execution.Report.State.IsOutcome())
        {
            execution.End(ExecutionState.Cancelled, ExecutionReasons.CancelRequested, "It was cancelled, and ended.", time.GetUtcNow());
            News.Raise();
        }
    }

    private async Task RunAsync(SimulatedExecution execution, Script script)
    {
        var answer = shell.Answer(script);
        var limit = script.TimeoutMs == 0 ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(script.TimeoutMs);
        await Task.Delay(answer.Takes < limit ? answer.Takes : limit, time).ConfigureAwait(false);
        lock (_gate)
        {
            if (execution.Report.State.IsOutcome())
            {
                return;
            }

            execution.Write(ByteString.CopyFromUtf8(answer.Output), ByteString.CopyFromUtf8(answer.Error));
            if (answer.Takes >= limit)
            {
                execution.End(ExecutionState.TimedOut, ExecutionReasons.Timeout, $"It ran longer than {limit} and was killed.", time.GetUtcNow());
            }
            else
            {
                execution.Exit(answer.ExitCode, time.GetUtcNow());
            }
        }

        OutputNews.Raise();
        News.Raise();
    }
}

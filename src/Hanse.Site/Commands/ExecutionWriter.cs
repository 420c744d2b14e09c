using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Hanse.Storage.Bulk;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>The one place where executions change here. Each input goes through <see cref="ExecutionMachine"/> under a row lock; a
/// change that the coordinator must know commits together with its record (invariant 4). Inputs that come together share a
/// transaction.</summary>
internal sealed class ExecutionWriter : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly IOutbox _outbox;
    private readonly Batcher<ExecutionInput, ExecutionTransition> _batcher;

    public ExecutionWriter(NpgsqlDataSource database, IOutbox outbox)
    {
        (_database, _outbox) = (database, outbox);
        _batcher = new(WriteBatchAsync);
    }

    public Task<ExecutionTransition> ApplyAsync(ExecutionInput input, CancellationToken cancellation) => _batcher.ApplyAsync(input, cancellation);

    /// <summary>As the other overload, in the caller's transaction and for many at once.</summary>
    public async Task<IReadOnlyList<ExecutionTransition>> ApplyAsync(
        NpgsqlTransaction transaction, IReadOnlyList<ExecutionInput> inputs, CancellationToken cancellation)
    {
        var rows = await ExecutionStore.LockAsync(transaction, [.. inputs.Select(i => i.Key).Distinct()], cancellation);
        var current = rows.ToDictionary(r => r.Key, r => r.Value.Status);
        var changes = new Dictionary<(Guid, Guid), ExecutionChange>();
        var results = new List<ExecutionTransition>(inputs.Count);
        foreach (var input in inputs)
        {
            var transition = input.Step(current.TryGetValue(input.Key, out var status) ? status : null);
            results.Add(transition);
            if (transition is { IsApplied: true, Status: { } next })
            {
                current[input.Key] = next;
                var told = Told(input, next) ?? changes.GetValueOrDefault(input.Key)?.Report;
                changes[input.Key] = new(input.Command.Value, input.Host.Value, next, told);
            }
        }

        await ExecutionStore.WriteAsync(transaction, changes.Values, cancellation);
        await RecordAsync(transaction, [.. changes.Values.Where(c => c.Report is not null)], cancellation);
        return results;
    }

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    private async Task<IReadOnlyList<ExecutionTransition>> WriteBatchAsync(IReadOnlyList<ExecutionInput> inputs, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var results = await ApplyAsync(transaction, inputs, cancellation);
        await transaction.CommitAsync(cancellation);
        _outbox.Wake();
        return results;
    }

    /// <summary>A wish that ended nothing is no report; an end given here is told with the state the machine gave.</summary>
    private static ExecutionReport? Told(ExecutionInput input, ExecutionStatus next)
    {
        if (input.Report is not { } report || report.State == next.State)
        {
            return input.Report;
        }

        report.State = next.State;
        report.Reason = next.State == ExecutionState.Unknown ? ExecutionReasons.NoOutcome : report.Reason;
        return next.IsTerminal ? report : null;
    }

    private async Task RecordAsync(NpgsqlTransaction transaction, IReadOnlyList<ExecutionChange> told, CancellationToken cancellation)
    {
        if (told.Count == 0)
        {
            return;
        }

        var origins = await CommandStore.OriginsAsync(transaction, [.. told.Select(c => c.CommandId).Distinct()], cancellation);
        await _outbox.AppendAsync(
            transaction,
            [.. told.Select(c => new Record
            {
                Execution = new ExecutionRecord { Report = c.Report, Origin = origins.GetValueOrDefault(c.CommandId) },
            })],
            cancellation);
    }
}

/// <summary>One thing that happened to one execution. <paramref name="Step"/> asks the machine; the report, if any, is kept and
/// sent up when the step is applied.</summary>
internal sealed record ExecutionInput(
    CommandId Command, HostId Host, Func<ExecutionStatus?, ExecutionTransition> Step, ExecutionReport? Report)
{
    public (Guid Command, Guid Host) Key => (Command.Value, Host.Value);

    /// <summary>What an agent told.</summary>
    public static ExecutionInput Told(HostId host, ExecutionReport report) => new(
        CommandId.FromBytes(report.CommandId.Span), host,
        current => ExecutionMachine.Observe(current, ExecutionNode.Site, ExecutionNode.Agent, report.State), report);

    /// <summary>An end that this site gives itself, or a wish that may become one: the report is kept only when the step ends it.</summary>
    public static ExecutionInput Ended(
        CommandId command, HostId host, Func<ExecutionStatus?, ExecutionTransition> step, string reason, DateTimeOffset now) =>
        new(command, host, step, new ExecutionReport
        {
            CommandId = command.ToWire(), HostId = host.ToWire(), Reason = reason, FinishedUnixMs = now.ToUnixTimeMilliseconds(),
        });
}

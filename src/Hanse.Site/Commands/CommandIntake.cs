using Google.Protobuf;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Commands.Api;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>What the coordinator, the socket and the agents tell about commands, each durable before it is answered.</summary>
internal sealed class CommandIntake(
    NpgsqlDataSource database, ExecutionWriter writer, OutputStore output, IHosts hosts, CommandNotes notes, CommandSignal signal, TimeProvider time)
    : ICommands
{
    /// <summary>D4: milliseconds. Whoever says more means no deadline.</summary>
    private const ulong LongestTimeLeft = 3_650UL * 24 * 60 * 60 * 1000;

    public async Task TakeAsync(CommandDispatch dispatch, CancellationToken cancellation)
    {
        if (dispatch.Script is not { } script)
        {
            throw new FormatException("A dispatch carries the script.");
        }

        var now = time.GetUtcNow();
        var command = new CommandRow
        {
            Id = CommandId.FromBytes(dispatch.CommandId.Span).Value, Local = false, Actor = dispatch.Actor, Reason = dispatch.Reason,
            Script = script.ToByteArray(), CreatedAt = now, DeadlineAt = now + TimeSpan.FromMilliseconds(Math.Min(dispatch.TimeLeftMs, LongestTimeLeft)),
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var added = await CommandStore.AddAsync(transaction, command, cancellation);
        var targets = dispatch.HostIds.Select(h => HostId.FromBytes(h.Span)).ToList();
        await TakeAsync(transaction, CommandId.From(command.Id), targets, dispatch.Again, cancellation);
        if (added)
        {
            await notes.TakenAsync(transaction, command, targets, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        Woke();
    }

    /// <summary>A command given at this site (J6). It goes up when it is given and again with each outcome (U4).</summary>
    public async Task IssueAsync(CommandRow command, IReadOnlyCollection<HostId> targets, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await CommandStore.AddAsync(transaction, command, cancellation))
        {
            var id = CommandId.From(command.Id);
            await TakeAsync(transaction, id, targets, again: false, cancellation);
            await notes.TakenAsync(transaction, command, targets, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        Woke();
    }

    public async Task CancelAsync(CommandCancel cancel, CancellationToken cancellation)
    {
        var id = CommandId.FromBytes(cancel.CommandId.Span);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var targets = cancel.HostIds.Count > 0
            ? cancel.HostIds.Select(h => HostId.FromBytes(h.Span)).ToList()
            : await ExecutionStore.HostsAsync(transaction, id, cancellation);
        await writer.ApplyAsync(
            transaction,
            [.. targets.Select(h => ExecutionInput.Ended(
                id, h, current => ExecutionMachine.Cancel(current, ExecutionNode.Site), ExecutionReasons.CancelRequested, time.GetUtcNow()))],
            cancellation);
        await notes.CancelledAsync(transaction, id, [.. targets], cancel.Actor, cancellation);
        await transaction.CommitAsync(cancellation);
        Woke();
    }

    public async Task<ExecutionReceipt> ReportAsync(HostId host, ExecutionReport report, CancellationToken cancellation)
    {
        var told = ReportText.Sound(report);
        told.HostId = host.ToWire(); // an agent speaks for its own host only, whatever it writes here
        var transition = await writer.ApplyAsync(ExecutionInput.Told(host, told), cancellation);
        signal.Reports.Set();
        return new ExecutionReceipt { State = transition.Status?.State ?? ExecutionState.Unspecified };
    }

    public Task<OutputReceipt> StoreOutputAsync(HostId host, OutputReport report, CancellationToken cancellation) =>
        output.AppendAsync(host, report, cancellation);

    public async Task<ExecutionOutput?> ReadOutputAsync(ExecutionOutputQuery query, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var execution = await ExecutionStore.FindAsync(
            connection, CommandId.FromBytes(query.CommandId.Span), HostId.FromBytes(query.HostId.Span), cancellation);
        if (execution is null)
        {
            return null;
        }

        var (data, length) = await output.ReadAsync(query, cancellation);
        return new ExecutionOutput { Data = ByteString.CopyFrom(data), Length = (ulong)length, Complete = execution.HasAll(query.Stream, length) };
    }

    private async Task TakeAsync(
        NpgsqlTransaction transaction, CommandId command, IReadOnlyCollection<HostId> targets, bool again, CancellationToken cancellation)
    {
        // A host that joined after the backup may have run what comes again; it will come itself (U6).
        var known = again ? targets.ToHashSet() : await hosts.KnownAsync(transaction, targets, cancellation);
        var inputs = targets.Select(h => known.Contains(h)
            ? new ExecutionInput(command, h, current => ExecutionMachine.Take(current, ExecutionNode.Site, again), null)
            : ExecutionInput.Ended(
                command, h, current => current is null ? ExecutionMachine.End(null, ExecutionNode.Site, ExecutionState.Rejected) : ExecutionMachine.Take(current, ExecutionNode.Site),
                ExecutionReasons.HostUnknown, time.GetUtcNow()));
        await writer.ApplyAsync(transaction, [.. inputs], cancellation);
    }

    private void Woke()
    {
        notes.Wake();
        signal.Work.Set();
        signal.Reports.Set();
    }
}

/// <summary>Wakes: work for agents, and reports for those who wait at the socket.</summary>
internal sealed class CommandSignal
{
    public Signal Work { get; } = new();

    public Signal Reports { get; } = new();
}

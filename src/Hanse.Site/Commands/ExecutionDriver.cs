using Google.Protobuf;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>Hands open executions to the agents that are connected and ends those whose time is up. Runs for the life of the
/// site. A crash between storing “offered” and sending repeats the send; the agent answers a repeated offer from its journal (D4).
/// (1) what is due ends, (2) what waits for connected hosts is marked offered, (3) is sent, (4) the answers are stored.</summary>
internal sealed partial class ExecutionDriver(
    NpgsqlDataSource database, ExecutionWriter writer, IAgentChannel agents, CommandSignal signal, GatherPause gather, TimeProvider time, ILogger<ExecutionDriver> logger)
{
    private const int BatchSize = 2_000;
    private const int InFlight = 256;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(15);

    // Offers without an answer yet: a host that is slow is not asked again before this attempt has ended.
    private readonly System.Collections.Concurrent.ConcurrentDictionary<(Guid, Guid), byte> _underway = new();

    // Hosts whose link is new: they are asked for the outcome of what this site believes they run. One that they told and saw acknowledged may have been lost with this site's database (U6).
    private readonly System.Collections.Concurrent.ConcurrentDictionary<HostId, byte> _back = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        agents.CameOnline += OnCameOnline;
        try
        {
            using var slots = new SemaphoreSlim(InFlight);
            while (!cancellation.IsCancellationRequested)
            {
                await PassAsync(slots, cancellation);
                await signal.Work.WaitAsync(Tick, time, cancellation);
                if (!_back.IsEmpty)
                {
                    // Thousands that come back together are a few rounds.
                    await Task.Delay(gather.Length, time, cancellation);
                }
            }
        }
        finally
        {
            agents.CameOnline -= OnCameOnline;
        }
    }

    /// <summary>One round of the numbered steps; a database that is away is tried again at the next tick.</summary>
    internal async Task PassAsync(SemaphoreSlim slots, CancellationToken cancellation)
    {
        try
        {
            await EndDueAsync(cancellation);
            foreach (var pending in await TakePendingAsync(cancellation))
            {
                await slots.WaitAsync(cancellation);
                _ = SendAsync(pending, slots, cancellation);
            }
        }
        catch (NpgsqlException failure)
        {
            LogRoundFailed(failure.Message);
        }
    }

    private async Task EndDueAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var due = await ExecutionStore.DueAsync(connection, now, BatchSize, cancellation);
        foreach (var execution in due)
        {
            await writer.ApplyAsync(
                ExecutionInput.Ended(
                    CommandId.From(execution.CommandId), HostId.From(execution.HostId),
                    current => ExecutionMachine.Pass(current!.Value, ExecutionNode.Site, now, execution.DeadlineAt, execution.GiveUpAt),
                    ExecutionReasons.DeadlinePassed, now),
                cancellation);
        }

        if (due.Count > 0)
        {
            signal.Reports.Set();
        }
    }

    private async Task<IReadOnlyList<PendingExecution>> TakePendingAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var back = _back.Keys.ToList();
        var pending = (await ExecutionStore.PendingAsync(connection, agents.Online, back, BatchSize, cancellation))
            .Where(p => _underway.TryAdd((p.CommandId, p.HostId), 0)).ToList();
        back.ForEach(host => _back.TryRemove(host, out _));
        var fresh = pending.Where(p => !p.Offered && !p.CancelRequested).Select(p => new ExecutionInput(
            CommandId.From(p.CommandId), HostId.From(p.HostId),
            current => ExecutionMachine.Offer(current!.Value, ExecutionNode.Site), null)).ToList();
        if (fresh.Count > 0)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await writer.ApplyAsync(transaction, fresh, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        return pending;
    }

    private async Task SendAsync(PendingExecution pending, SemaphoreSlim slots, CancellationToken cancellation)
    {
        var (command, host) = (CommandId.From(pending.CommandId), HostId.From(pending.HostId));
        try
        {
            // What runs already is looked up in the agent's journal; without time left it is started by nobody.
            var left = pending.State == (short)ExecutionState.Running ? TimeSpan.Zero : pending.DeadlineAt - time.GetUtcNow();
            var (method, request) = pending.CancelRequested
                ? (Method.ExecutionCancel, (IMessage)new ExecutionCancel { CommandId = command.ToWire() })
                : (Method.ExecutionOffer, new ExecutionOffer
                {
                    CommandId = command.ToWire(), Script = Script.Parser.ParseFrom(pending.Script),
                    TimeLeftMs = (ulong)Math.Max(0, left.TotalMilliseconds),
                });
            if (await agents.RequestAsync<ExecutionReport>(host, method, request, AnswerTime, cancellation) is { } answer)
            {
                answer.HostId = host.ToWire();
                answer.CommandId = command.ToWire();
                await writer.ApplyAsync(ExecutionInput.Told(host, ReportText.Sound(answer)), cancellation);
                signal.Reports.Set();
            }
        }
        catch (FormatException malformed)
        {
            LogMalformed(host, command, malformed.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            LogStopped(command, host);
        }
        catch (NpgsqlException failure)
        {
            LogRoundFailed(failure.Message);
        }
        finally
        {
            _underway.TryRemove((pending.CommandId, pending.HostId), out _);
            slots.Release();
        }
    }

    private void OnCameOnline(HostId host)
    {
        _back[host] = 0;
        signal.Work.Set();
    }

    [LoggerMessage(1, LogLevel.Warning, "Commands wait: {Why}")]
    private partial void LogRoundFailed(string why);

    [LoggerMessage(3, LogLevel.Warning, "Host {Host} answered the offer of {Command} with nothing that can be stored: {Why}")]
    private partial void LogMalformed(HostId host, CommandId command, string why);

    [LoggerMessage(2, LogLevel.Debug, "Stopped before {Command} on {Host} was answered")]
    private partial void LogStopped(CommandId command, HostId host);
}

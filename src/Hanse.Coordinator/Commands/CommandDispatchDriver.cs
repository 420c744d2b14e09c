using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>Sends commands and wishes to the sites whose link this replica holds, until each has confirmed that they are durable
/// there. For each: (1) claim it under a lease; (2) note in the executions that they may have reached the site, and commit;
/// (3) send; (4) note what the site confirmed and take it off the queue. A crash between 2 and 4 repeats the send, so a send must
/// be idempotent at the site; after 2 the coordinator no longer ends these executions itself (D2). One send a site at a time,
/// sites side by side. Started by the coordinator's module.</summary>
internal sealed partial class CommandDispatchDriver(
    NpgsqlDataSource database, ISiteChannel sites, CommandSignals signals, CommandOptions options, TimeProvider clock,
    ILogger<CommandDispatchDriver> logger)
{
    /// <summary>Hosts in one message: about 75 KB.</summary>
    public const int HostsInMessage = 4_096;

    private const int ClaimLimit = 256;
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<SiteId, Task> _sending = new();
    private readonly ConcurrentQueue<SiteId> _arrived = new();

    /// <summary>Runs until cancelled, then waits for what is being sent.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        sites.CameOnline += Arrived;
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                await PassAsync(cancellation);
                await signals.Dispatch.WaitAsync(options.Interval, clock, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            LogStopping(_sending.Count);
        }
        finally
        {
            sites.CameOnline -= Arrived;
            await SettleAsync();
        }
    }

    /// <summary>Starts one send for each free site that something is due for. A database that is away is tried at the next pass.</summary>
    internal async Task PassAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var now = clock.GetUtcNow();
            List<SiteId> arrived = [];
            while (_arrived.TryDequeue(out var site))
            {
                arrived.Add(site);
            }

            if (arrived.Count > 0)
            {
                await DispatchStore.MakeDueAsync(connection, arrived, now, cancellation);
            }

            // 1
            var free = sites.Accepting.Where(s => !_sending.ContainsKey(s)).ToArray();
            var claims = free.Length == 0
                ? []
                : await DispatchStore.ClaimAsync(connection, free, now, now + options.SendTimeout + LeaseMargin, ClaimLimit, cancellation);
            foreach (var site in claims.GroupBy(c => c.SiteId))
            {
                // Noted before it starts, since it may have ended before it returns.
                _sending[site.Key] = Task.CompletedTask;
                _sending.TryUpdate(site.Key, SendAllAsync(site.Key, [.. site], cancellation), Task.CompletedTask);
            }
        }
        catch (NpgsqlException failure)
        {
            LogWaiting(failure.Message);
        }
    }

    /// <summary>Waits for what is being sent now.</summary>
    internal Task SettleAsync() => Task.WhenAll(_sending.Values);

    private void Arrived(SiteId site)
    {
        _arrived.Enqueue(site);
        signals.Dispatch.Set();
    }

    private async Task SendAllAsync(SiteId site, IReadOnlyList<DispatchClaim> claims, CancellationToken cancellation)
    {
        try
        {
            for (var i = 0; i < claims.Count; i++)
            {
                if (await SendAsync(claims[i], cancellation) is { } failure)
                {
                    // What else is for this site would fare no better.
                    await PostponeAsync(claims.Skip(i), failure, cancellation);
                    break;
                }
            }
        }
        catch (NpgsqlException failure)
        {
            LogWaiting(failure.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            LogUnconfirmed(site);
        }
        finally
        {
            _sending.TryRemove(site, out _);
            signals.Dispatch.Set();
        }
    }

    /// <summary>Null if the site has confirmed all of it.</summary>
    private async Task<SiteFailure?> SendAsync(DispatchClaim claim, CancellationToken cancellation)
    {
        // 2
        var (command, hosts) = await PrepareAsync(claim, cancellation);
        foreach (var part in hosts.Chunk(HostsInMessage))
        {
            // 3
            var reply = await sites.RequestAsync<Empty>(
                claim.SiteId, claim.IsCancel ? Method.CommandCancel : Method.CommandDispatch, Message(command!, part, claim),
                options.SendTimeout, cancellation);
            if (reply.Failure is { } failure)
            {
                LogNotTaken(claim.CommandId, claim.SiteId, failure.Code, failure.Message);
                return failure;
            }

            // 4
            if (!claim.IsCancel)
            {
                await ConfirmAsync(claim, part, cancellation);
            }
        }

        await using var last = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await last.BeginTransactionAsync(cancellation);
        await DispatchStore.DoneAsync(last, transaction, claim, cancellation);
        await transaction.CommitAsync(cancellation);
        return null;
    }

    private async Task PostponeAsync(IEnumerable<DispatchClaim> claims, SiteFailure failure, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        foreach (var claim in claims)
        {
            await DispatchStore.FailedAsync(connection, claim, failure.Code, clock.GetUtcNow() + Pause(claim.Attempts), cancellation);
        }
    }

    private async Task<(CommandRow? Command, IReadOnlyList<HostId> Hosts)> PrepareAsync(DispatchClaim claim, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await TallyStore.LockAsync(connection, transaction, [claim.Command], claim.Site, cancellation);
        var found = await CommandStore.FindAsync(connection, transaction, [claim.Command], cancellation);
        if (!found.TryGetValue(claim.Command, out var command))
        {
            return (null, []);
        }

        if (!claim.IsCancel)
        {
            var offer = TransitionTable.Of(status => status.CancelRequested
                ? new(TransitionKind.NoChange, status)
                : ExecutionMachine.Offer(status, ExecutionNode.Coordinator));
            await ExecutionStore.TransitAsync(
                connection, transaction, new(claim.CommandId, claim.SiteId), offer, clock.GetUtcNow(), cancellation);
        }

        var hosts = await ExecutionStore.HostsAsync(
            connection, transaction, claim.CommandId, claim.SiteId, claim.IsCancel ? ToBeCancelled : claim.IsReplay ? ToBeReplayed : ToBeSent, cancellation);
        await transaction.CommitAsync(cancellation);
        return (command, hosts);
    }

    private static IReadOnlyCollection<ExecutionStatus> ToBeSent { get; } = [new(ExecutionState.Queued, Offered: true)];

    private static IReadOnlyCollection<ExecutionStatus> ToBeReplayed { get; } =
        [.. ToBeSent, new(ExecutionState.Delivered, Offered: true), new(ExecutionState.Running, Offered: true)];

    private static IReadOnlyCollection<ExecutionStatus> ToBeCancelled { get; } =
    [
        new(ExecutionState.Queued, CancelRequested: true, Offered: true),
        new(ExecutionState.Delivered, CancelRequested: true, Offered: true),
        new(ExecutionState.Running, CancelRequested: true, Offered: true),
    ];

    private async Task ConfirmAsync(DispatchClaim claim, IReadOnlyCollection<HostId> hosts, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await TallyStore.LockAsync(connection, transaction, [claim.Command], claim.Site, cancellation);
        var delivered = TransitionTable.Of(status =>
            ExecutionMachine.Observe(status, ExecutionNode.Coordinator, ExecutionNode.Site, ExecutionState.Delivered));
        var changes = await ExecutionStore.TransitAsync(
            connection, transaction, new(claim.CommandId, claim.SiteId, hosts), delivered, clock.GetUtcNow(), cancellation);
        await TallyStore.ApplyAsync(connection, transaction, changes, cancellation);
        await CommandSignals.NotifyAsync(connection, transaction, [claim.Command], dispatch: false, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private IMessage Message(CommandRow command, HostId[] hosts, DispatchClaim claim)
    {
        if (claim.IsCancel)
        {
            return new CommandCancel { CommandId = command.CommandId.ToWire(), Actor = command.CancelRequestedBy ?? command.Actor, HostIds = { hosts.Select(h => h.ToWire()) } };
        }

        // Past the deadline the site still takes it, so that it can say with certainty that nothing was started.
        var left = Math.Max(1, (command.Deadline - clock.GetUtcNow()).TotalMilliseconds);
        return new CommandDispatch
        {
            CommandId = command.CommandId.ToWire(),
            Script = command.ToWire(),
            TimeLeftMs = (ulong)left,
            Actor = command.Actor,
            Reason = command.Reason,
            Again = claim.IsReplay,
            HostIds = { hosts.Select(h => h.ToWire()) },
        };
    }

    private static TimeSpan Pause(int attempts) =>
        TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(attempts, 10) - 1)));

    [LoggerMessage(EventId = 4111, EventName = "command-dispatch-waiting", Level = LogLevel.Warning, Message = "Commands wait for the database: {Why}")]
    private partial void LogWaiting(string why);

    [LoggerMessage(EventId = 4112, EventName = "command-not-taken", Level = LogLevel.Information,
        Message = "Command {Command} was not taken by site {Site}: {Code}: {Why}")]
    private partial void LogNotTaken(CommandId command, SiteId site, string code, string why);

    [LoggerMessage(EventId = 4113, EventName = "command-dispatch-stopping", Level = LogLevel.Debug, Message = "Stopping while {Count} sites are being sent to")]
    private partial void LogStopping(int count);

    [LoggerMessage(EventId = 4114, EventName = "command-unconfirmed", Level = LogLevel.Debug,
        Message = "Stopped before site {Site} confirmed; it will be sent again")]
    private partial void LogUnconfirmed(SiteId site);
}

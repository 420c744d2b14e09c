using Hanse.Audit;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Commands.Deadlines;

/// <summary>Sees to it that every command ends (invariant 5): at its deadline what no site can have becomes <c>expired</c>; at
/// deadline, timeout and grace what is still open becomes <c>unknown</c> (D2). Both are audited. Later it forgets commands that
/// are older than the retention. Several replicas may run it; each command is one's at a time.</summary>
internal sealed partial class CommandReaperDriver(
    NpgsqlDataSource database, IAuditLog audit, CommandOptions options, TimeProvider clock, ILogger<CommandReaperDriver> logger)
{
    private const int ForgetLimit = 20;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ticks = new PeriodicTimer(options.Interval, clock);
        try
        {
            do
            {
                await PassAsync(cancellation);
            }
            while (await ticks.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    /// <summary>Ends all that is due now, one command a transaction.</summary>
    internal async Task PassAsync(CancellationToken cancellation)
    {
        try
        {
            while (await EndNextAsync(cancellation))
            {
            }

            await ForgetAsync(cancellation);
        }
        catch (NpgsqlException failure)
        {
            LogWaiting(failure.Message);
        }
    }

    private async Task<bool> EndNextAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var due = await ReaperStore.NextDueAsync(connection, transaction, now, cancellation);
        if (due is null)
        {
            return false;
        }

        await TallyStore.LockAsync(connection, transaction, due.Id, cancellation);
        var passing = TransitionTable.Of(status => ExecutionMachine.Pass(status, ExecutionNode.Coordinator, now, due.Deadline, due.GiveUpAt));
        var changes = await ExecutionStore.TransitAsync(connection, transaction, new(new CommandId(due.Id)), passing, now, cancellation);
        await TallyStore.ApplyAsync(connection, transaction, changes, cancellation);
        var last = now >= due.GiveUpAt;
        await ReaperStore.ScheduleAsync(connection, transaction, due.Id, last ? null : due.GiveUpAt, cancellation);
        if (last)
        {
            await DispatchStore.DropAsync(connection, transaction, due.Id, cancellation);
        }

        if (changes.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, [.. OutcomeAudit.Own(changes)], cancellation);
            await CommandSignals.NotifyAsync(connection, transaction, [due.Id], dispatch: false, cancellation);
            LogEnded(new CommandId(due.Id), changes.Count);
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    private async Task ForgetAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await ReaperStore.ForgetAsync(connection, clock.GetUtcNow() - options.Retention, ForgetLimit, cancellation);
    }

    [LoggerMessage(EventId = 4121, EventName = "command-executions-ended", Level = LogLevel.Information,
        Message = "Ended {Count} executions of command {Command} whose time is up")]
    private partial void LogEnded(CommandId command, int count);

    [LoggerMessage(EventId = 4122, EventName = "command-reaper-waiting", Level = LogLevel.Warning, Message = "Deadlines wait for the database: {Why}")]
    private partial void LogWaiting(string why);

    [LoggerMessage(EventId = 4123, EventName = "command-reaper-stopped", Level = LogLevel.Debug, Message = "No longer watching deadlines")]
    private partial void LogStopped();
}

using System.Collections.Concurrent;
using Dapper;
using Hanse.Protocol.Ids;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>Tells waiters on every replica that a command changed or that something waits to be sent, through NOTIFY. Only a
/// hint: whoever waits reads the database when woken, and also from time to time when not.</summary>
internal sealed partial class CommandSignals(NpgsqlDataSource database, TimeProvider clock, ILogger<CommandSignals> logger)
{
    private const string ChangedChannel = "hanse_command_changed";
    private const string DispatchChannel = "hanse_command_dispatch";
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<CommandWatch, CommandId> _watches = new();

    /// <summary>Wakes this replica's <see cref="CommandDispatchDriver"/>.</summary>
    public WakeSignal Dispatch { get; } = new();

    /// <summary>Watches one command until it is disposed: begin watching before reading, or a change in between is missed.</summary>
    public CommandWatch Watch(CommandId command)
    {
        var watch = new CommandWatch(w => _watches.TryRemove(w, out _));
        _watches[watch] = command;
        return watch;
    }

    /// <summary>Part of the caller's transaction: those who wait are woken when it commits.</summary>
    public static Task NotifyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<Guid> changed, bool dispatch, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            select pg_notify(@changedChannel, id) from unnest(@ids) id
            union all select pg_notify(@dispatchChannel, '') where @dispatch
            """,
            new
            {
                changedChannel = ChangedChannel,
                dispatchChannel = DispatchChannel,
                ids = changed.Distinct().Select(id => id.ToString("n")).ToArray(),
                dispatch,
            },
            transaction, cancellationToken: cancellation));

    /// <summary>Listens until cancelled; starts anew when the database goes away, and then wakes everybody.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(cancellation);
            }
            catch (NpgsqlException failure)
            {
                LogLost(failure.Message);
                await Task.Delay(Reconnect, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        connection.Notification += (_, told) => Tell(told);
        await connection.ExecuteAsync(new CommandDefinition($"listen {ChangedChannel}; listen {DispatchChannel}", cancellationToken: cancellation));
        WakeAll();
        while (true)
        {
            await connection.WaitAsync(cancellation);
        }
    }

    private void Tell(NpgsqlNotificationEventArgs told)
    {
        if (told.Channel == DispatchChannel)
        {
            Dispatch.Set();
        }
        else if (CommandId.TryParse(told.Payload, out var changed))
        {
            foreach (var (watch, command) in _watches)
            {
                if (command == changed)
                {
                    watch.Changed.Set();
                }
            }
        }
    }

    private void WakeAll()
    {
        Dispatch.Set();
        foreach (var watch in _watches.Keys)
        {
            watch.Changed.Set();
        }
    }

    [LoggerMessage(EventId = 4101, EventName = "command-signals-lost", Level = LogLevel.Warning,
        Message = "Waiting for the database to tell of changed commands again: {Why}")]
    private partial void LogLost(string why);
}

/// <summary>One watcher of one command.</summary>
internal sealed class CommandWatch(Action<CommandWatch> ended) : IDisposable
{
    public WakeSignal Changed { get; } = new();

    public void Dispose() => ended(this);
}

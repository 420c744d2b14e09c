using System.Runtime.InteropServices;

namespace Hanse.Bench.Harness;

/// <summary>What a suite has started and not ended yet. Ended with Ctrl-C or SIGTERM in the middle of a suite, ./bench still leaves no process.</summary>
internal static class Leftovers
{
    private static readonly Lock Gate = new();
    private static readonly List<IAsyncDisposable> Started = [];

    public static void Add(IAsyncDisposable started)
    {
        lock (Gate)
        {
            Started.Add(started);
        }
    }

    public static void Remove(IAsyncDisposable ended)
    {
        lock (Gate)
        {
            Started.Remove(ended);
        }
    }

    /// <summary>From now on either signal ends what was started, the newest first, and then this program.</summary>
    public static IReadOnlyList<PosixSignalRegistration> EndOnSignals() =>
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            _ = Task.Run(EndAsync);
        }))];

    private static async Task EndAsync()
    {
        while (Newest() is { } one)
        {
            try
            {
                await one.DisposeAsync();
            }
            catch (Exception e)
            {
                await Console.Error.WriteLineAsync($"Could not be ended: {e.Message}");
            }

            Remove(one);
        }

        Environment.Exit(130);
    }

    private static IAsyncDisposable? Newest()
    {
        lock (Gate)
        {
            return Started.Count > 0 ? Started[^1] : null;
        }
    }
}

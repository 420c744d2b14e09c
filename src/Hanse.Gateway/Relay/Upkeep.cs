namespace Hanse.Gateway.Relay;

/// <summary>What a worker does once a second, and on order, over all of its connections: idle ends, routes that are gone, draining, memory.</summary>
internal sealed class Upkeep(WorkerState state, Closer closer)
{
    private const int TrimEvery = 10;
    private int _ticks;
    private long _drainFrom;
    private long _drainUntil;

    internal WorkerState State => state;

    internal void Tick()
    {
        if (_drainUntil != 0)
        {
            DrainSome();
        }

        if (state.Book.Current.HasIdleTimeouts)
        {
            EndIdle();
        }

        if (++_ticks % TrimEvery == 0)
        {
            state.Pipes.Trim();
            if (state.Number == 0)
            {
                state.Ends.Trim();
            }
        }
    }

    /// <summary>Ends the connections of a route that is gone.</summary>
    internal void Cut(int slot) => Each(client => state.Ends[client].Route == slot, client => closer.Close(client, reset: true));

    /// <summary>Ends what is relayed, evenly over this time from now; zero ends it at once.</summary>
    internal void Drain(TimeSpan window)
    {
        _drainFrom = state.Now;
        _drainUntil = state.Now + (long)window.TotalMilliseconds;
        DrainSome();
    }

    internal void CancelDrain() => _drainUntil = 0;

    /// <summary>Clients of this worker in a phase after their hello.</summary>
    internal int CountRelayed()
    {
        var count = 0;
        Each(static _ => true, _ => count++);
        return count;
    }

    private void DrainSome()
    {
        var left = Math.Max(_drainUntil - state.Now, 0);
        var live = CountRelayed();
        var turns = left / 1000;
        var quota = turns <= 0 ? live : (int)Math.Ceiling(live / (double)(turns + 1));
        Each(_ => quota-- > 0, client => closer.Close(client, reset: false));
    }

    private void EndIdle()
    {
        var table = state.Book.Current;
        var now = (uint)(state.Now / 1000);
        Each(
            client => table.At(state.Ends[client].Route) is { Spec.IdleTimeout: { Ticks: > 0 } limit } && now - state.Ends[client].Since > limit.TotalSeconds,
            client => closer.Close(client, reset: false));
    }

    /// <summary>Every relayed client of this worker that is meant.</summary>
    private void Each(Func<int, bool> isMeant, Action<int> act)
    {
        for (var descriptor = state.Ends.NextUsed(0); descriptor < state.Ends.Capacity; descriptor = state.Ends.NextUsed(descriptor + 1))
        {
            ref var end = ref state.Ends[descriptor];
            if (end.Phase == EndPhase.Relaying && end.Worker == state.Number && end.Has(EndMarks.Client) && isMeant(descriptor))
            {
                act(descriptor);
            }
        }
    }
}

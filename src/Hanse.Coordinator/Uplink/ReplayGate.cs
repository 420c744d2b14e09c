namespace Hanse.Coordinator.Uplink;

/// <summary>Admits large batches one after another, in the order they came (U7). A site has one of each class under way, so however much it has to replay,
/// it takes one turn and then stands behind everybody else who waits. Small batches, which are what sites send all day, need no turn. Safe from several threads.</summary>
internal sealed class ReplayGate(TimeProvider time) : IDisposable
{
    /// <summary>Entries from which on a batch is part of a replay.</summary>
    public const int Large = 100;

    private const int MaxWaiting = 256;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _waiting;

    /// <summary>Batches that wait for their turn now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits for its turn.</summary>
    /// <exception cref="CoordinatorBusyException">Too many wait already: the batch is to come again later.</exception>
    public async Task<Turn> EnterAsync(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new CoordinatorBusyException();
        }

        try
        {
            await _turn.WaitAsync(cancellation);
            return new Turn(this, time.GetTimestamp());
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>One batch's turn.</summary>
    public readonly struct Turn(ReplayGate gate, long began) : IDisposable
    {
        /// <summary>For how long the site is asked to hold back: as long as its batch took, so that a replay leaves half of the time to others.</summary>
        public uint PauseMs => (uint)Math.Min(gate.Elapsed(began).TotalMilliseconds, LongestPause.TotalMilliseconds);

        public void Dispose() => gate._turn.Release();
    }

    private TimeSpan Elapsed(long began) => time.GetElapsedTime(began);
}

/// <summary>More replays wait than are admitted; nothing was applied.</summary>
internal sealed class CoordinatorBusyException() : Exception("The coordinator takes other sites' backlogs now; send it again in a few seconds.");

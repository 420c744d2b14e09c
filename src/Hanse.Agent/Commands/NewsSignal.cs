namespace Hanse.Agent.Commands;

/// <summary>Tells several waiters that something changed. What happened between two waits is never missed: each waits for a version
/// newer than the one it saw before it looked.</summary>
public sealed class NewsSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private long _version;

    public long Version => Volatile.Read(ref _version);

    public void Raise()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            Volatile.Write(ref _version, _version + 1);
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult();
    }

    public Task WaitAsync(long seen, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_version != seen)
            {
                return Task.CompletedTask;
            }

            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task.WaitAsync(cancellation);
        }
    }
}

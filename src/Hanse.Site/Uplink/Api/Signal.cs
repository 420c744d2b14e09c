namespace Hanse.Site.Uplink.Api;

/// <summary>A wake-up that is remembered once: <see cref="Set"/> before <see cref="WaitAsync"/> is not lost, and many sets are one.</summary>
public sealed class Signal
{
    private volatile TaskCompletionSource _source = New();

    public void Set() => _source.TrySetResult();

    /// <summary>Returns when set, or after <paramref name="atMost"/>; then it is clear again.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        var source = _source;
        try
        {
            await source.Task.WaitAsync(atMost, time, cancellation);
        }
        catch (TimeoutException)
        {
            return; // polling is the fallback, so a missed wake only costs time
        }

        Interlocked.CompareExchange(ref _source, New(), source);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

using System.Threading.Channels;

namespace Hanse.Storage.Bulk;

/// <summary>Group commit: what arrives while one batch is being written goes into the next, so a thousand callers cost a few
/// transactions and each still returns only after its own was durable. One batch is in flight at a time, in arrival order.
/// If the write fails, every caller of that batch gets the exception and nothing of it was done.</summary>
public sealed class WriteBatcher<TItem, TResult> : IAsyncDisposable
{
    private readonly Channel<Entry> _entries;
    private readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> _write;
    private readonly int _maxBatch;
    private readonly Task _loop;

    /// <param name="write">Writes a batch durably and returns one result an item, in order.</param>
    /// <param name="maxBatch">Items a batch at the most.</param>
    /// <param name="maxWaiting">Callers that may wait; further ones are held back in <see cref="WriteAsync"/>.</param>
    public WriteBatcher(
        Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> write, int maxBatch = 500, int maxWaiting = 20_000)
    {
        _write = write;
        _maxBatch = maxBatch;
        _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });
        _loop = RunAsync();
    }

    public async Task<TResult> WriteAsync(TItem item, CancellationToken cancellation)
    {
        var entry = new Entry(item, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _entries.Writer.WriteAsync(entry, cancellation);
        return await entry.Done.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete(); // what waits is still written, then the loop ends
        await _loop;
    }

    private async Task RunAsync()
    {
        var batch = new List<Entry>(_maxBatch);
        while (await _entries.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < _maxBatch && _entries.Reader.TryRead(out var entry))
            {
                batch.Add(entry);
            }

            await WriteBatchAsync(batch);
        }
    }

    private async Task WriteBatchAsync(List<Entry> batch)
    {
        try
        {
            var results = await _write([.. batch.Select(e => e.Item)], CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.TrySetResult(results[i]);
            }
        }
        catch (Exception failure) // handed to the callers: whoever asked decides what a failed write means
        {
            batch.ForEach(e => e.Done.TrySetException(failure));
        }
    }

    private readonly record struct Entry(TItem Item, TaskCompletionSource<TResult> Done);
}

using System.Threading.Channels;

namespace Hanse.Storage.Bulk;

/// <summary>Group commit, and the same for reads: what arrives while one batch is at the database goes into the next, so a thousand callers cost a few
/// statements, and each returns only after its own item was written durably, or read after it had asked. One batch is in flight at a time, in arrival
/// order. If it fails, every caller of that batch gets the exception and nothing of it was done.</summary>
public sealed class Batcher<TItem, TResult> : IAsyncDisposable
{
    private readonly Channel<Entry> _entries;
    private readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> _apply;
    private readonly int _maxBatch;
    private readonly Task _loop;

    /// <param name="apply">Writes a batch durably, or reads it, and returns one result an item, in order.</param>
    /// <param name="maxBatch">Items a batch at the most.</param>
    /// <param name="maxWaiting">Callers that may wait; further ones are held back in <see cref="ApplyAsync"/>.</param>
    public Batcher(
        Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> apply, int maxBatch = 500, int maxWaiting = 20_000)
    {
        _apply = apply;
        _maxBatch = maxBatch;
        _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });
        _loop = RunAsync();
    }

    public async Task<TResult> ApplyAsync(TItem item, CancellationToken cancellation)
    {
        var entry = new Entry(item, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _entries.Writer.WriteAsync(entry, cancellation);
        return await entry.Done.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete(); // what waits is still done, then the loop ends
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

            await ApplyBatchAsync(batch);
        }
    }

    private async Task ApplyBatchAsync(List<Entry> batch)
    {
        try
        {
            var results = await _apply([.. batch.Select(e => e.Item)], CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.TrySetResult(results[i]);
            }
        }
        catch (Exception failure) // handed to the callers: whoever asked decides what a failure means
        {
            batch.ForEach(e => e.Done.TrySetException(failure));
        }
    }

    private readonly record struct Entry(TItem Item, TaskCompletionSource<TResult> Done);
}

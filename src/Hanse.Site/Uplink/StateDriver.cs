using Hanse.Link;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;
using Microsoft.Extensions.Logging;

namespace Hanse.Site.Uplink;

/// <summary>Drains states over one link (U2): newest first, one batch in flight. A crash repeats a batch; versions make that a no-op.
/// Ends with the link.</summary>
internal sealed partial class StateDriver(
    StateStore store, OutboxSignals signals, StateMeter meter, ISiteIdentity identity, GatherPause gather, TimeProvider time, ILogger<StateDriver> logger)
{
    private const int BatchSize = 1_000;

    // Fewer are no backlog: a moment later they are more, and one batch all the same.
    private const int Telling = 100;
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    /// <summary>What waits in both halves of the outbox.</summary>
    public Task<QueueDepth> DepthAsync(CancellationToken cancellation) => store.DepthAsync(cancellation);

    public async Task RunAsync(NodeLink link, Guid epoch, CancellationToken cancellation)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            var batch = identity.IsSuspended ? new StateBatch() : await store.FormBatchAsync(epoch, meter.Size(BatchSize), cancellation);
            if (batch.Entries.Count == 0)
            {
                await signals.States.WaitAsync(Poll, time, cancellation);
                continue;
            }

            var answer = await link.RequestAsync<StateReceipt>(Method.StateBatch, batch, AnswerTime, cancellation);
            if (answer.Succeeded)
            {
                await store.AcknowledgeAsync(batch, answer.Value, cancellation);
                meter.Fit(answer.Value.PauseMs, BatchSize);
                await RecordDriver.PauseAsync(answer.Value.PauseMs, time, cancellation);
                meter.Note(batch.Entries.Count, time.GetElapsedTime(began));
                if (batch.Entries.Count < Telling)
                {
                    await Task.Delay(gather.Length, time, cancellation);
                }

                continue;
            }

            LogNotTaken(answer.Error.Code, answer.Error.Message);
            await Task.Delay(Poll, time, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The coordinator did not take states: {Code}: {Message}")]
    private partial void LogNotTaken(string code, string message);
}

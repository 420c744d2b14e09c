using Hanse.Link;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment.Api;
using Microsoft.Extensions.Logging;

namespace Hanse.Site.Uplink;

/// <summary>Drains records over one link (U1): (1) an empty batch asks for the coordinator's marks, also of older epochs if one of both was restored; (2) what lies
/// above the mark is sent in order, one batch in flight; (3) the answer is stored. A crash anywhere repeats a batch, which the mark makes a no-op. Ends with
/// the link, or with <see cref="DrainEnd.EpochOutdated"/> when only a new epoch helps (U6).</summary>
internal sealed partial class RecordDriver(
    RecordStore store, OutboxSignals signals, RecordMeter meter, ISiteIdentity identity, TimeProvider time, ILogger<RecordDriver> logger)
{
    private const int BatchSize = 500;
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    public async Task<DrainEnd> RunAsync(NodeLink link, Guid epoch, CancellationToken cancellation)
    {
        while (identity.IsSuspended)
        {
            await signals.Records.WaitAsync(Poll, time, cancellation);
        }

        // 1
        var older = await store.OlderEpochsAsync(epoch, cancellation);
        var held = await AskAsync(link, epoch, older, cancellation);
        var mark = (long)held.HighWater;
        if (mark > await store.LastGivenAsync(cancellation)
            || (OlderMarks(older, held) is { } olderMarks && await store.TakeBackAsync(epoch, mark, olderMarks, cancellation)))
        {
            return DrainEnd.EpochOutdated;
        }

        while (true)
        {
            // 2
            var began = time.GetTimestamp();
            if (await store.FormBatchAsync(epoch, mark, meter.Size(BatchSize), cancellation) is not { } batch)
            {
                return DrainEnd.EpochOutdated;
            }

            if (identity.IsSuspended || (batch.Records.Count == 0 && batch.ConfirmedRefusals.Count == 0))
            {
                await signals.Records.WaitAsync(Poll, time, cancellation);
                continue;
            }

            // 3
            mark = (long?)(await SendAsync(link, epoch, batch, cancellation))?.HighWater ?? mark;
            meter.Note(batch.Records.Count, time.GetElapsedTime(began));
        }
    }

    private async Task<RecordReceipt> AskAsync(NodeLink link, Guid epoch, IReadOnlyList<Guid> older, CancellationToken cancellation)
    {
        var question = new RecordBatch { Epoch = RecordStore.EpochBytes(epoch), FirstSequence = 1 };
        question.OlderEpochs.AddRange(older.Select(RecordStore.EpochBytes));
        while (true)
        {
            if (await SendAsync(link, epoch, question, cancellation) is { } receipt)
            {
                return receipt;
            }
        }
    }

    /// <summary>Null from a coordinator that does not know the question; it is asked again when the next link is up.</summary>
    private static Dictionary<Guid, long>? OlderMarks(IReadOnlyList<Guid> asked, RecordReceipt receipt)
    {
        var marks = receipt.OlderMarks.Where(m => m.Epoch.Length == 16).DistinctBy(m => m.Epoch)
            .ToDictionary(m => new Guid(m.Epoch.Span, bigEndian: true), m => (long)Math.Min(m.HighWater, long.MaxValue));
        return asked.All(marks.ContainsKey) ? asked.ToDictionary(e => e, e => marks[e]) : null;
    }

    /// <summary>The coordinator's answer, or null when it could not take the batch now: it is sent again after a pause.</summary>
    private async Task<RecordReceipt?> SendAsync(NodeLink link, Guid epoch, RecordBatch batch, CancellationToken cancellation)
    {
        var answer = await link.RequestAsync<RecordReceipt>(Method.RecordBatch, batch, AnswerTime, cancellation);
        if (!answer.Succeeded)
        {
            LogNotTaken(answer.Error.Code, answer.Error.Message);
            await Task.Delay(Poll, time, cancellation);
            return null;
        }

        await store.ConfirmAsync(epoch, batch.ConfirmedRefusals, cancellation);
        var moved = batch.Records.Where(r => r.FactCase == Record.FactOneofCase.HostMove).Select(r => r.HostMove.HostId).ToList();
        await store.AcknowledgeAsync(epoch, answer.Value, moved, cancellation);
        if (moved.Count > 0)
        {
            signals.States.Set();
        }

        // U7: the coordinator paces a replay. What comes next is not sent before.
        meter.Fit(answer.Value.PauseMs, BatchSize);
        await PauseAsync(answer.Value.PauseMs, time, cancellation);
        return answer.Value;
    }

    /// <summary>As long as the coordinator asks for, and no longer than a minute.</summary>
    internal static Task PauseAsync(uint milliseconds, TimeProvider time, CancellationToken cancellation) => milliseconds == 0
        ? Task.CompletedTask
        : Task.Delay(TimeSpan.FromMilliseconds(Math.Min(milliseconds, 60_000)), time, cancellation);

    [LoggerMessage(1, LogLevel.Warning, "The coordinator did not take records: {Code}: {Message}")]
    private partial void LogNotTaken(string code, string message);
}

/// <summary>Why draining ended while the link was up.</summary>
internal enum DrainEnd
{
    /// <summary>The coordinator's mark and this database do not belong together: begin a new epoch and connect again.</summary>
    EpochOutdated,
}

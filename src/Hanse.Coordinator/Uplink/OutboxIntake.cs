using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Uplink;

/// <summary>Batches of both classes, a replay's in turn (U7). Null and exceptions are those of <see cref="RecordIntake"/> and <see cref="StateIntake"/>.</summary>
internal sealed class OutboxIntake(RecordIntake records, StateIntake states, ReplayGate gate)
{
    public async Task<RecordReceipt?> ApplyAsync(SiteId site, long fence, RecordBatch batch, CancellationToken cancellation)
    {
        if (batch.Records.Count < ReplayGate.Large)
        {
            return await records.ApplyAsync(site, fence, batch, cancellation);
        }

        using var turn = await gate.EnterAsync(cancellation);
        var receipt = await records.ApplyAsync(site, fence, batch, cancellation);
        if (receipt is not null)
        {
            receipt.PauseMs = turn.PauseMs;
        }

        return receipt;
    }

    public async Task<StateReceipt?> ApplyAsync(SiteId site, long fence, StateBatch batch, CancellationToken cancellation)
    {
        if (batch.Entries.Count < ReplayGate.Large)
        {
            return await states.ApplyAsync(site, fence, batch, cancellation);
        }

        using var turn = await gate.EnterAsync(cancellation);
        var receipt = await states.ApplyAsync(site, fence, batch, cancellation);
        if (receipt is not null)
        {
            receipt.PauseMs = turn.PauseMs;
        }

        return receipt;
    }
}

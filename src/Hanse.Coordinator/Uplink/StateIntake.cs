using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Rollups.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>Applies a site's states, each only if newer than what is held (U2): order and repetition do not matter.</summary>
internal sealed class StateIntake(NpgsqlDataSource database, IHostDirectory directory, IRollups rollups)
{
    /// <summary>Null when the link has been superseded, or the epoch is not the site's current one.</summary>
    /// <exception cref="FormatException">The batch itself is malformed; nothing of it was applied.</exception>
    public async Task<StateReceipt?> ApplyAsync(SiteId site, long fence, StateBatch batch, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var epoch = MarkStore.ReadEpoch(batch.Epoch);
        if (await MarkStore.LockAsync(transaction, site, epoch, fence, cancellation) is not { } mark)
        {
            return null;
        }

        var receipt = new StateReceipt();
        var byClass = batch.Entries.ToLookup(e => e.Class);
        receipt.Refusals.AddRange(await directory.ApplyAsync(
            connection, transaction, mark.SiteKey, mark.Ordinal, [.. byClass[StateClass.Host]], cancellation));
        receipt.Refusals.AddRange(await rollups.ApplyAsync(transaction, site, mark.Ordinal, [.. byClass[StateClass.Rollup]], cancellation));
        receipt.Refusals.AddRange(batch.Entries.Where(e => e.Class is not (StateClass.Host or StateClass.Rollup)).Select(Unknown));
        await transaction.CommitAsync(cancellation);
        return receipt;
    }

    private static StateRefusal Unknown(StateEntry entry) => new()
    {
        Class = entry.Class, Key = entry.Key, Counter = entry.Counter, Code = ErrorCodes.RecordUnknown,
        Message = "This coordinator does not know this class of state. Upgrade it, then it is taken at its next change.",
    };
}

using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Rollups.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>Applies a site's states, each only if newer than what is held (U2): order and repetition do not matter.</summary>
internal sealed class StateIntake(NpgsqlDataSource database, IHostDirectory directory, IRollups rollups)
{
    /// <summary>Null when the link has been superseded, or the epoch is not the site's current one.</summary>
    public async Task<StateReceipt?> ApplyAsync(SiteId site, long fence, StateBatch batch, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var epoch = new Guid(batch.Epoch.Span, bigEndian: true);
        if (await MarkStore.LockAsync(transaction, site, epoch, fence, cancellation) is not { } mark)
        {
            return null;
        }

        var receipt = new StateReceipt();
        var byClass = batch.Entries.ToLookup(e => e.Class);
        receipt.Refusals.AddRange(await directory.ApplyAsync(
            connection, transaction, mark.SiteKey, mark.Ordinal, [.. byClass[StateClass.Host]], cancellation));
        receipt.Refusals.AddRange(await rollups.ApplyAsync(transaction, site, mark.Ordinal, [.. byClass[StateClass.Rollup]], cancellation));
        await transaction.CommitAsync(cancellation);
        return receipt;
    }
}

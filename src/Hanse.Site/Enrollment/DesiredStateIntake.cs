using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Site.Enrollment;

/// <summary>Stores desired state, then applies it (D1). What is older than what is held changes nothing.</summary>
internal sealed class DesiredStateIntake(NpgsqlDataSource database, SiteIdentity identity, IHosts hosts, IHostMoves moves, IOutbox outbox) : IDesiredState
{
    public async Task<DesiredStateReceipt> AcceptAsync(DesiredState state, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await SiteStore.AcceptAsync(transaction, state, cancellation))
        {
            await hosts.TagAsync(
                transaction, state.Tags.ToDictionary(t => HostId.FromBytes(t.HostId.Span), t => t.Tags.ToArray()), cancellation);
        }

        // Each by the key it left with, so telling it again is harmless, whatever the generation.
        var gone = new List<DepartedHost>();
        foreach (var departed in state.Departed)
        {
            if (await moves.DepartAsync(transaction, departed, cancellation))
            {
                gone.Add(departed);
            }
        }

        await transaction.CommitAsync(cancellation);
        await moves.CutAsync(gone);

        await identity.RefreshAsync(cancellation);
        // A site that was resumed has something to tell.
        outbox.Wake();
        // A list that bans this very site, sent before its link was cut, is for others: a removed site still looks after its hosts.
        if (state.Trust is { } set && TrustAnchors.FromWire(set) is { } anchors && identity is { Keys: { } keys, Self: { } self } && !anchors.Bans(self.Identity))
        {
            keys.Trust.Accept(anchors.WithIntermediates([keys.Issuer.Value.Intermediate]));
        }

        return new DesiredStateReceipt { ObservedGeneration = identity.ObservedGeneration };
    }
}

using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Bans, and the signed list that is made of them (T6).</summary>
internal sealed class Bans(BanStore store, Federation federation, TimeProvider time) : IBans
{
    public Task AddHostAsync(NpgsqlTransaction transaction, SiteId site, HostId host, string actor, string reason, CancellationToken cancellation) =>
        store.AddHostAsync(transaction, site, host, actor, reason, cancellation);

    public Task AddSiteAsync(NpgsqlTransaction transaction, SiteId site, string actor, string reason, CancellationToken cancellation) =>
        store.AddSiteAsync(transaction, site, actor, reason, cancellation);

    public Task AddGatewayAsync(NpgsqlTransaction transaction, GatewayId gateway, string actor, string reason, CancellationToken cancellation) =>
        store.AddGatewayAsync(transaction, gateway, actor, reason, cancellation);

    public async Task<Revocations> IssueAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        var number = await store.NextNumberAsync(transaction, (long)federation.IncarnationNumber, cancellation);
        var list = new RevocationList
        {
            Number = (ulong)number, IncarnationNumber = federation.IncarnationNumber, IssuedUnixS = time.GetUtcNow().ToUnixTimeSeconds(),
        };
        list.SiteIds.AddRange((await store.SitesAsync(transaction, cancellation)).Select(id => new SiteId(id).ToWire()));
        list.HostIds.AddRange((await store.HostsAsync(transaction, cancellation)).Select(id => new HostId(id).ToWire()));
        list.GatewayIds.AddRange((await store.GatewaysAsync(transaction, cancellation)).Select(id => new GatewayId(id).ToWire()));
        var signed = RevocationSignature.Sign(list, federation.Server.Value);
        await store.AddListAsync(transaction, signed, list, cancellation);
        return RevocationSignature.Verify(signed, federation.Trust.Value)
            ?? throw new InvalidOperationException("This coordinator's own certificate does not verify; no list can be issued.");
    }

    public void Enforce(Revocations issued) => federation.Enforce(issued);
}

using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Bans as sites reported or administrators gave them, and the lists that were signed (T6).</summary>
internal sealed class BanStore(NpgsqlDataSource database, TimeProvider time)
{
    // Each ban holds this to its commit, so that each list has all that the one before it had. It comes before the audit log's lock.
    private const string Lock = "select 1 from enrollment_federation for update";

    public Task AddHostAsync(NpgsqlTransaction transaction, SiteId site, HostId host, string actor, string reason, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            $"""
            {Lock};
            insert into enrollment_ban (host_id, site_id, reason, actor, banned_at) values (@host, @site, @reason, @actor, @now)
            on conflict do nothing
            """,
            new { host = host.Value, site = site.Value, reason, actor, now = time.GetUtcNow() }, cancellation);

    public Task AddSiteAsync(NpgsqlTransaction transaction, SiteId site, string actor, string reason, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            $"{Lock}; insert into enrollment_removed_site (site_id, reason, actor, removed_at) values (@site, @reason, @actor, @now) on conflict do nothing",
            new { site = site.Value, reason, actor, now = time.GetUtcNow() }, cancellation);

    public Task AddGatewayAsync(NpgsqlTransaction transaction, GatewayId gateway, string actor, string reason, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            $"{Lock}; insert into enrollment_removed_gateway (gateway_id, reason, actor, removed_at) values (@gateway, @reason, @actor, @now) on conflict do nothing",
            new { gateway = gateway.Value, reason, actor, now = time.GetUtcNow() }, cancellation);

    public Task<long> NextNumberAsync(NpgsqlTransaction transaction, long incarnation, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleAsync<long>(new CommandDefinition(
            "select coalesce(max(number), 0) + 1 from enrollment_revocation where incarnation_number = @incarnation",
            new { incarnation }, transaction, cancellationToken: cancellation));

    public Task<IEnumerable<Guid>> SitesAsync(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select site_id from enrollment_removed_site order by site_id", transaction: transaction, cancellationToken: cancellation));

    public Task<IEnumerable<Guid>> GatewaysAsync(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select gateway_id from enrollment_removed_gateway order by gateway_id", transaction: transaction, cancellationToken: cancellation));

    public Task<IEnumerable<Guid>> HostsAsync(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select host_id from enrollment_ban order by host_id", transaction: transaction, cancellationToken: cancellation));

    public Task AddListAsync(NpgsqlTransaction transaction, SignedRevocations signed, RevocationList list, CancellationToken cancellation) =>
        ExecuteAsync(
            transaction,
            "insert into enrollment_revocation (incarnation_number, number, list, signature, signer) values (@incarnation, @number, @list, @signature, @signer)",
            new
            {
                incarnation = (long)list.IncarnationNumber, number = (long)list.Number, list = signed.List.ToByteArray(),
                signature = signed.Signature.ToByteArray(), signer = signed.Signer.ToByteArray(),
            },
            cancellation);

    /// <summary>The newest list, or null before the first ban.</summary>
    public async Task<SignedRevocations?> NewestAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<(byte[] List, byte[] Signature, byte[] Signer)?>(new CommandDefinition(
            "select list, signature, signer from enrollment_revocation order by incarnation_number desc, number desc limit 1", cancellationToken: cancellation));
        return row is { } found
            ? new SignedRevocations { List = ByteString.CopyFrom(found.List), Signature = ByteString.CopyFrom(found.Signature), Signer = ByteString.CopyFrom(found.Signer) }
            : null;
    }

    private static Task ExecuteAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
}

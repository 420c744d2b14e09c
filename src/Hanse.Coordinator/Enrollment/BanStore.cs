using Dapper;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Bans as sites reported or administrators gave them: what revocation lists are made of (T6).</summary>
internal sealed class BanStore(TimeProvider time) : IBans
{
    public Task AddAsync(NpgsqlTransaction transaction, SiteId site, HostId host, string actor, string reason, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into enrollment_ban (host_id, site_id, reason, actor, banned_at) values (@host, @site, @reason, @actor, @now)
            on conflict do nothing
            """,
            new { host = host.Value, site = site.Value, reason, actor, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));
}

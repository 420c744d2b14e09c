using Hanse.Protocol.Ids;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Api;

/// <summary>Who may not come back (T6). After a ban, <see cref="IssueAsync"/> signs the list anew in the same transaction, and
/// <see cref="Enforce"/> puts it in force here once that is committed; sites get it with their desired state.</summary>
public interface IBans
{
    /// <summary>Repeating a ban changes nothing.</summary>
    Task AddHostAsync(NpgsqlTransaction transaction, SiteId site, HostId host, string actor, string reason, CancellationToken cancellation);

    /// <summary>A site that was removed, and with it everything it has issued.</summary>
    Task AddSiteAsync(NpgsqlTransaction transaction, SiteId site, string actor, string reason, CancellationToken cancellation);

    /// <summary>A gateway that was removed.</summary>
    Task AddGatewayAsync(NpgsqlTransaction transaction, GatewayId gateway, string actor, string reason, CancellationToken cancellation);

    /// <summary>The next numbered list of everything that is banned, signed and stored.</summary>
    Task<Revocations> IssueAsync(NpgsqlTransaction transaction, CancellationToken cancellation);

    void Enforce(Revocations issued);
}

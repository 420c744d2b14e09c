using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Api;

/// <summary>Hosts that may not come back (T6).</summary>
public interface IBans
{
    /// <summary>Repeating a ban changes nothing.</summary>
    Task AddAsync(NpgsqlTransaction transaction, SiteId site, HostId host, string actor, string reason, CancellationToken cancellation);
}

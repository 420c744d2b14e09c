using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Rollups.Api;

/// <summary>The aggregate tier, for the uplink.</summary>
public interface IRollups
{
    /// <summary>Applies a site's rollup entries, each only if newer (U2), in the caller's transaction; returns those refused.</summary>
    Task<IReadOnlyList<StateRefusal>> ApplyAsync(
        NpgsqlTransaction transaction, SiteId site, int ordinal, IReadOnlyList<StateEntry> entries, CancellationToken cancellation);
}

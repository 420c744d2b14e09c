using Npgsql;

namespace Hanse.Coordinator.Sites.Api;

/// <summary>A slice that keeps something of sites, and lets go of it when one is removed.</summary>
public interface ISiteRemovalObserver
{
    /// <summary>Called in the transaction that removes the site.</summary>
    /// <returns>What was let go and how much, for the audit entry of the removal: <c>hosts</c>, 12.</returns>
    Task<(string What, int Count)> SiteRemovedAsync(NpgsqlTransaction transaction, SiteRow site, CancellationToken cancellation);
}

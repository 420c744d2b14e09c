using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Api;

/// <summary>What other slices do to the host directory. Each call works inside the caller's transaction.</summary>
public interface IHostDirectory
{
    /// <summary>
    /// Applies a batch of host entries of one site, in any order and as often as it is sent: each key ends at its newest version
    /// (U2), a deletion included. The caller has checked that <paramref name="epochOrdinal"/> is the site's current epoch and that
    /// it holds the site's fence (L6). Entries of another class are a bug of the caller.
    /// </summary>
    /// <returns>The entries that were refused, each with its code; the others are applied or were already outdated.</returns>
    Task<IReadOnlyList<StateRefusal>> ApplyAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        int siteKey,
        int epochOrdinal,
        IReadOnlyList<StateEntry> entries,
        CancellationToken cancellation);

    /// <summary>Lets <paramref name="siteKey"/> take a host over with its next report, once: the move was proved by the agent's signature (J4).</summary>
    Task AuthoriseMoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, HostId host, int siteKey, CancellationToken cancellation);

    /// <summary>The tags that were set at the coordinator for hosts of a site: part of its desired state.</summary>
    Task<IReadOnlyList<HostTags>> AssignedTagsAsync(NpgsqlConnection connection, int siteKey, CancellationToken cancellation);
}

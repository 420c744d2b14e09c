using Dapper;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Hosts;

/// <summary>Tells the entries that another site's ownership kept out from those that were merely outdated, and records each claim.</summary>
internal static class HostConflictStore
{
    private const string FindOwners =
        """
        select id, site from hosts_host where id = any(@ids) and site <> @site
        union all
        select id, site from hosts_tombstone where id = any(@ids) and site <> @site
        """;

    private const string Record =
        """
        insert into hosts_conflict as c (host, claimant, owner, hostname, claims, first_at, last_at)
        select host, @site, owner, hostname, 1, @now, @now from unnest(@hosts, @owners, @hostnames) e(host, owner, hostname)
        on conflict (host, claimant) do update
        set owner = excluded.owner, hostname = excluded.hostname, claims = c.claims + 1, last_at = excluded.last_at
        """;

    /// <param name="batch">The batch they came in.</param>
    /// <param name="unapplied">Entries the upsert did not write.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<IReadOnlyList<StateRefusal>> RefuseAsync(
        HostBatch batch, IReadOnlyList<HostEntry> unapplied, CancellationToken cancellation)
    {
        if (unapplied.Count == 0)
        {
            return [];
        }

        var owners = (await batch.Connection.QueryAsync<(Guid Id, int Site)>(new CommandDefinition(
            FindOwners, new { ids = unapplied.Select(e => e.Id).ToArray(), site = batch.SiteKey }, batch.Transaction, cancellationToken: cancellation)))
            .ToDictionary(row => row.Id, row => row.Site);
        if (owners.Count == 0)
        {
            return [];
        }

        var refused = unapplied.Where(e => owners.ContainsKey(e.Id)).ToList();
        await batch.Connection.ExecuteAsync(new CommandDefinition(
            Record,
            new
            {
                site = batch.SiteKey,
                now = batch.Now,
                hosts = refused.Select(e => e.Id).ToArray(),
                owners = refused.Select(e => owners[e.Id]).ToArray(),
                hostnames = refused.Select(e => e.Hostname).ToArray(),
            },
            batch.Transaction,
            cancellationToken: cancellation));
        return [.. refused.Select(Refusal)];
    }

    private static StateRefusal Refusal(HostEntry entry) => HostEntryReader.Refuse(
        new HostId(entry.Id).ToWire(),
        (ulong)entry.Counter,
        ErrorCodes.HostOwnedElsewhere,
        $"Host {new HostId(entry.Id)} ({entry.Hostname}) belongs to another site. Move it with the agent's own proof, or remove it there first.");
}

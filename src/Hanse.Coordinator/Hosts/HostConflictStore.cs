using Dapper;
using Hanse.Audit;
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

    // A site that has not been told yet of a move says in good faith what it says.
    private const string Record =
        """
        insert into hosts_conflict as c (host, claimant, owner, hostname, claims, first_at, last_at)
        select host, @site, owner, hostname, 1, @now, @now from unnest(@hosts, @owners, @hostnames) e(host, owner, hostname)
        where not exists (
            select from hosts_moved m join sites_site s on s.key = m.from_site
            where m.host = e.host and m.from_site = @site and m.to_site = e.owner and s.observed_generation < m.from_generation)
        on conflict (host, claimant) do update
        set owner = excluded.owner, hostname = excluded.hostname, claims = c.claims + 1, last_at = excluded.last_at
        returning host, claims = 1 as fresh
        """;

    private const string Forget = "delete from hosts_conflict where claimant = @site and host = any(@hosts)";

    /// <param name="batch">The batch they came in.</param>
    /// <param name="unapplied">Entries the upsert did not write.</param>
    /// <param name="audit">Takes an entry when a host is claimed for the first time (J4).</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<IReadOnlyList<StateRefusal>> RefuseAsync(
        HostBatch batch, IReadOnlyList<HostEntry> unapplied, IAuditLog audit, CancellationToken cancellation)
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
        var claims = await batch.Connection.QueryAsync<(Guid Host, bool Fresh)>(new CommandDefinition(
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
        var fresh = claims.Where(c => c.Fresh).Select(c => new HostId(c.Host)).ToList();
        if (fresh.Count > 0)
        {
            var claimant = new SiteId(await batch.Connection.QuerySingleAsync<Guid>(new CommandDefinition(
                "select id from sites_site where key = @site", new { site = batch.SiteKey }, batch.Transaction, cancellationToken: cancellation)));
            await audit.AppendAsync(
                batch.Connection, batch.Transaction,
                new AuditEvent("host.conflict", AuditActor.Coordinator)
                {
                    Site = claimant, Hosts = fresh, Outcome = ErrorCodes.HostOwnedElsewhere, Reason = "a site reported hosts that belong to another",
                },
                cancellation);
        }

        return [.. refused.Select(Refusal)];
    }

    /// <summary>A site that gives a host up claims it no more.</summary>
    public static Task ForgetAsync(HostBatch batch, IReadOnlyCollection<Guid> hosts, CancellationToken cancellation) =>
        batch.Connection.ExecuteAsync(new CommandDefinition(
            Forget, new { site = batch.SiteKey, hosts = hosts.ToArray() }, batch.Transaction, cancellationToken: cancellation));

    private static StateRefusal Refusal(HostEntry entry) => HostEntryReader.Refuse(
        new HostId(entry.Id).ToWire(),
        (ulong)entry.Counter,
        ErrorCodes.HostOwnedElsewhere,
        $"Host {new HostId(entry.Id)} ({entry.Hostname}) belongs to another site. Move it with the agent's own proof, or remove it there first.");
}

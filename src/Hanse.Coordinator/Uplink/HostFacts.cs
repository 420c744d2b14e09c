using Hanse.Audit;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>Records that change whose a host is, or whether it may come back: bans (T6) and moves (J4). Each is judged before it counts.</summary>
internal sealed class HostFacts(IHostLookup hosts, IHostMoves moves, IBans bans)
{
    /// <summary>The refusal, or null with its entry for the audit log added.</summary>
    /// <exception cref="FormatException">The record is malformed.</exception>
    public async Task<Error?> ApplyAsync(NpgsqlTransaction transaction, SiteId site, Record record, List<AuditEvent> events, CancellationToken cancellation)
    {
        var (entry, refusal) = record.FactCase == Record.FactOneofCase.Ban
            ? await BanAsync(transaction, site, record.Ban, cancellation)
            : await moves.ApplyAsync(transaction, site, record.HostMove, cancellation);
        if (entry is not null)
        {
            events.Add(entry);
        }

        return refusal;
    }

    /// <summary>A site bans hosts of its own, and ones that the directory has not heard of yet; never another site's.</summary>
    private async Task<(AuditEvent? Entry, Error? Refusal)> BanAsync(NpgsqlTransaction transaction, SiteId site, BanRecord ban, CancellationToken cancellation)
    {
        var host = HostId.FromBytes(ban.HostId.Span);
        var owners = (await hosts.ResolveAsync([host.ToString()], cancellation)).SelectMany(m => m.Targets).Where(t => t.Id == host);
        if (owners.Any(o => o.Site != site))
        {
            return (null, new Error { Code = ErrorCodes.HostOwnedElsewhere, Message = "The host belongs to another site, which alone can ban it." });
        }

        await bans.AddHostAsync(transaction, site, host, ban.Actor, ban.Reason, cancellation);
        return (new AuditEvent("host.banned", new AuditActor($"site:{site}"))
        {
            Site = site, Hosts = [host], Reason = ban.Reason, Outcome = "done", Detail = new Dictionary<string, string> { ["by"] = ban.Actor },
        }, null);
    }
}

using System.Globalization;
using Hanse.Coordinator.Audit.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Audit;

/// <summary>See <see cref="IAuditIntake"/>. The actor is the site's word: the entry names both.</summary>
internal sealed class AuditIntake(IAuditLog log) : IAuditIntake
{
    public Task ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, IReadOnlyList<AuditRecord> records, CancellationToken cancellation) =>
        log.AppendAsync(connection, transaction, [.. records.Select(r => Entry(site, r))], cancellation);

    private static AuditEvent Entry(SiteId site, AuditRecord record) => new(record.Operation, new($"site:{site}"))
    {
        Site = site,
        Hosts = record.HostId.Length == 16 ? [HostId.FromBytes(record.HostId.Span)] : [],
        Detail = new Dictionary<string, string>
        {
            ["actorAtSite"] = record.Actor,
            ["occurredUnixMs"] = record.OccurredUnixMs.ToString(CultureInfo.InvariantCulture),
            ["detail"] = record.DetailJson,
        },
    };
}

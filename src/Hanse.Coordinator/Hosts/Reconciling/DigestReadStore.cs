using System.Net;
using Dapper;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>The directory's rows as a comparison sees them.</summary>
internal static class DigestReadStore
{
    private const string OfSite =
        """
        select h.id, h.counter, h.epoch, h.machine, h.status, h.hostname, h.addresses, h.tags, h.platform, h.kernel, h.agent_version
        from hosts_host h where array[h.site, -h.platform] && array[@site] and h.site = @site
        """;

    private const string Versions =
        """
        select id, site, counter, epoch, false as deleted from hosts_host where id = any(@ids)
        union all
        select t.id, t.site, t.counter, t.epoch, true from hosts_tombstone t where t.id = any(@ids) and not exists (select from hosts_host h where h.id = t.id)
        """;

    /// <summary>Every row of a site: its hash and its version.</summary>
    public static async Task<Dictionary<HostId, DigestRow>> ReadAsync(
        NpgsqlConnection connection, int site, DigestTexts texts, CancellationToken cancellation)
    {
        var rows = new Dictionary<HostId, DigestRow>();
        await using var command = new NpgsqlCommand(OfSite, connection) { Parameters = { new("site", site) } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var id = new HostId(reader.GetGuid(0));
            rows[id] = new DigestRow(HostDigest.Hash(id, Content(reader, texts)), reader.GetInt64(1), reader.GetInt32(2));
        }

        return rows;
    }

    /// <summary>Who owns these ids now, and in which version: of rows, and of hosts that were deleted.</summary>
    public static async Task<Dictionary<HostId, DigestVersion>> VersionsAsync(
        NpgsqlConnection connection, IReadOnlyCollection<HostId> ids, CancellationToken cancellation) =>
        (await connection.QueryAsync<(Guid Id, int Site, long Counter, int Epoch, bool Deleted)>(new CommandDefinition(
            Versions, new { ids = ids.Select(i => i.Value).ToArray() }, cancellationToken: cancellation)))
        .ToDictionary(r => new HostId(r.Id), r => new DigestVersion(r.Site, r.Counter, r.Epoch, r.Deleted));

    private static HostContent Content(NpgsqlDataReader row, DigestTexts texts)
    {
        var (os, family) = texts.Platforms[row.GetInt32(8)];
        return new()
        {
            Machine = row.GetInt64(3),
            Status = (HostStatus)row.GetInt16(4),
            Hostname = row.GetString(5),
            Addresses = row.GetFieldValue<IPAddress[]>(6),
            Tags = HostTagsStore.Split(row.GetString(7)).Reported,
            Os = os,
            OsFamily = family,
            Kernel = texts.Labels[row.GetInt32(9)],
            AgentVersion = texts.Labels[row.GetInt32(10)],
        };
    }

    /// <summary>The texts that rows share. Few, and only ever added to.</summary>
    public static async Task<DigestTexts> TextsAsync(NpgsqlConnection connection, CancellationToken cancellation) => new(
        (await connection.QueryAsync<(int Id, string Os, string Family)>(new CommandDefinition("select id, os, family from hosts_platform", cancellationToken: cancellation)))
            .ToDictionary(p => p.Id, p => (p.Os, p.Family)),
        (await connection.QueryAsync<(int Id, string Label)>(new CommandDefinition("select id, label from hosts_label", cancellationToken: cancellation)))
            .ToDictionary(l => l.Id, l => l.Label));
}

/// <summary>A row: what it holds, and its version (U2).</summary>
internal readonly record struct DigestRow(ulong Hash, long Counter, int Epoch);

/// <summary>A version that the directory holds of a host, or of its deletion.</summary>
internal readonly record struct DigestVersion(int Site, long Counter, int Epoch, bool Deleted);

/// <summary>Texts by their numbers.</summary>
internal sealed record DigestTexts(IReadOnlyDictionary<int, (string Os, string Family)> Platforms, IReadOnlyDictionary<int, string> Labels);

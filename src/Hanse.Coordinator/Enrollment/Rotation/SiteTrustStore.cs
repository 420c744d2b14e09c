using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>What each site last told of its trust and its agents' (T4).</summary>
internal sealed class SiteTrustStore(NpgsqlDataSource database, TimeProvider time)
{
    public async Task PutAsync(SiteId site, TrustReport report, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into enrollment_site_trust (site_id, report, reported_at) values (@site, @report, @now)
            on conflict (site_id) do update set report = excluded.report, reported_at = excluded.reported_at
            """,
            new { site = site.Value, report = report.ToByteArray(), now = time.GetUtcNow() }, cancellationToken: cancellation));
    }

    public async Task<IReadOnlyDictionary<SiteId, SiteTrust>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(Guid Site, byte[] Report, DateTime At)>(new CommandDefinition(
            "select site_id, report, reported_at from enrollment_site_trust", cancellationToken: cancellation));
        return rows.ToDictionary(r => new SiteId(r.Site), r => new SiteTrust(TrustReport.Parser.ParseFrom(r.Report), new DateTimeOffset(r.At, TimeSpan.Zero)));
    }
}

/// <summary>A site's report and when it came.</summary>
internal sealed record SiteTrust(TrustReport Report, DateTimeOffset At);

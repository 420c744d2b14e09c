using Dapper;
using Hanse.Coordinator.Uplink.Api;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>See <see cref="IBackupMarks"/>.</summary>
internal sealed class BackupMarkStore(NpgsqlDataSource database) : IBackupMarks
{
    public async Task<IReadOnlyList<SiteMark>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        [.. (await connection.QueryAsync<(Guid Site, Guid Epoch, long HighWater)>(new CommandDefinition(
            "select site_id, epoch, high_water from uplink_mark where high_water > 0", cancellationToken: cancellation)))
            .Select(m => new SiteMark(new SiteId(m.Site), m.Epoch, m.HighWater))];

    public async Task CoverAsync(IReadOnlyCollection<SiteMark> marks, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update uplink_mark m set backed_up = least(b.high_water, m.high_water)
            from unnest(@sites, @epochs, @marks) as b (site_id, epoch, high_water)
            where m.site_id = b.site_id and m.epoch = b.epoch and m.backed_up < b.high_water
            """,
            new
            {
                sites = marks.Select(m => m.Site.Value).ToArray(), epochs = marks.Select(m => m.Epoch).ToArray(), marks = marks.Select(m => m.HighWater).ToArray(),
            },
            cancellationToken: cancellation));
    }
}

using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Uplink.Api;

/// <summary>U4: sites keep what they have sent until a verified backup of this coordinator covers it, and learn from every receipt how far that is.</summary>
public interface IBackupMarks
{
    /// <summary>What the database holds of each site's records now. Read it in the snapshot that the backup is made of, and keep it with the backup.</summary>
    Task<IReadOnlyList<SiteMark>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation);

    /// <summary>A backup that holds these was verified. Older word than is known changes nothing.</summary>
    Task CoverAsync(IReadOnlyCollection<SiteMark> marks, CancellationToken cancellation);
}

/// <summary>Records of a site's epoch up to a number.</summary>
public sealed record SiteMark(SiteId Site, Guid Epoch, long HighWater);

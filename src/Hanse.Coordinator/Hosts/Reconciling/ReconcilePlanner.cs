using System.Buffers.Binary;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>When a site's turn is. Its id decides where in the hour, so that all sites together are an even load.</summary>
internal static class ReconcilePlanner
{
    private const int SpreadSeconds = 3_600;

    /// <summary>The site's last turn that is not after <paramref name="now"/>.</summary>
    public static DateTimeOffset LastTurn(SiteId site, TimeOnly night, DateTimeOffset now)
    {
        var place = BinaryPrimitives.ReadUInt32BigEndian(site.Value.ToByteArray(bigEndian: true)) % SpreadSeconds;
        var turn = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + night.ToTimeSpan() + TimeSpan.FromSeconds(place);
        while (turn > now)
        {
            turn -= TimeSpan.FromDays(1);
        }

        return turn;
    }
}

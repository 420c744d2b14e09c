using System.Buffers.Binary;
using Hanse.Protocol.Ids;

namespace Hanse.Protocol.Datagrams;

/// <summary>By what a gateway finds the site of a datagram. Each node that knows the site's id knows it: nobody has to hand it out.</summary>
public static class RouteId
{
    /// <summary>The first four bytes of the site's random id. Should two sites of a federation share them (one chance in 8,000 with 1,000 sites), one of them gets
    /// the other's datagrams, opens none of them, and its hosts report over their links.</summary>
    public static uint Of(SiteId site) => BinaryPrimitives.ReadUInt32BigEndian(site.ToBytes());
}

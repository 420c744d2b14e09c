using System.Net;
using Hanse.Protocol.Ids;

namespace Hanse.Link;

/// <summary>What is known of the other end since the hello.</summary>
/// <param name="Identity">Proved by its certificate, and repeated in the hello.</param>
/// <param name="Remote">Where it was dialled, or dialled from; null where the transport has no addresses.</param>
/// <param name="SoftwareVersion">For people; never compared (L3).</param>
/// <param name="Capabilities">Its capability numbers.</param>
/// <param name="ClockSkew">Its clock minus ours at the hello; positive when it is ahead. Includes up to one round trip.</param>
public sealed record LinkPeer(NodeIdentity Identity, EndPoint? Remote, string SoftwareVersion, IReadOnlyList<uint> Capabilities, TimeSpan ClockSkew)
{
    public bool Has(uint capability) => Capabilities.Contains(capability);
}

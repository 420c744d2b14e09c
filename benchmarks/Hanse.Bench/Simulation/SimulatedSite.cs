using Hanse.Protocol.Ids;
using Hanse.Trust.Dialing;
using Hanse.Trust.Verification;

namespace Hanse.Bench.Simulation;

/// <summary>A site as its simulated agents know it. They share one trust set: what the site tells one of them it tells all. The number
/// is in the order in which the simulator met its sites; it gives the machines of each site a network of their own.</summary>
internal sealed record SimulatedSite(SiteId Id, int Number, string ServerName, IReadOnlyList<NodeAddress> Addresses, CurrentTrust Trust)
{
    /// <summary>The first word of its name: machines are named after it.</summary>
    public string Label => LabelOf(ServerName);

    public static string LabelOf(string serverName) =>
        (serverName.StartsWith("link.", StringComparison.Ordinal) ? serverName[5..] : serverName).Split('.')[0];
}

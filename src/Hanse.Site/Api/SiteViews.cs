using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;

namespace Hanse.Site.Api;

/// <summary>The API's shapes as the site's socket gives them: the same names as the coordinator's.</summary>
internal static class SiteViews
{
    public static object Host(HostRow row, string site) => new
    {
        id = IdText.Format(row.Id), hostname = row.Hostname, site,
        addresses = row.Addresses.Select(a => new System.Net.IPAddress(a).ToString()),
        os = row.Os, osFamily = row.OsFamily, kernel = row.Kernel, status = StatusName(row.Status), statusReason = row.StatusReason,
        tags = row.Tags, lastSeen = row.LastSeen, agentVersion = row.AgentVersion,
    };

    private static string StatusName(short status) => ((HostStatus)status).ToString().ToLowerInvariant();
}

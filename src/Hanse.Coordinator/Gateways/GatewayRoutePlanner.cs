using System.Text.Json;
using Hanse.Authority.Issuing;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Gateways;

/// <summary>Which routes a gateway gets (G1): of the sites it was invited for, those that are enrolled or suspended, each with its external names and the link name of each
/// (L2), to the addresses that the site itself is dialled at; and the coordinator's own. Pure; the same registry gives the same bytes. A name that
/// two sites claim goes to the one that came first.</summary>
internal static class GatewayRoutePlanner
{
    public static IReadOnlyList<RouteEntry> Plan(GatewayRow gateway, IEnumerable<SiteRow> sites, RouteEntry coordinator)
    {
        var taken = new HashSet<string>(coordinator.ServerNames, StringComparer.Ordinal);
        var standbys = JsonSerializer.Deserialize<Dictionary<string, string[]>>(gateway.Standbys)!;
        var routes = new List<RouteEntry>();
        foreach (var site in sites.Where(s => s.Lifecycle is SiteLifecycle.Enrolled or SiteLifecycle.Suspended && gateway.Serves(s.Id)).OrderBy(s => s.CreatedAt).ThenBy(s => s.Id))
        {
            var route = new RouteEntry
            {
                Kind = NodeKind.Site, NodeId = site.SiteId.ToWire(), Name = site.Name, RouteId = RouteId.Of(site.SiteId), Pseudonymous = gateway.Pseudonyms,
            };
            route.ServerNames.AddRange(site.ExternalNames.SelectMany(Both).Where(taken.Add));
            route.Addresses.AddRange(site.Addresses);
            route.StandbyAddresses.AddRange(standbys.GetValueOrDefault(site.SiteId.ToString(), []));
            if (route.ServerNames.Count > 0 && route.Addresses.Count > 0)
            {
                routes.Add(route);
            }
        }

        return gateway.Console ? [coordinator, .. routes] : routes;
    }

    public static RouteEntry Coordinator(CoordinatorOptions options)
    {
        var route = new RouteEntry { Kind = NodeKind.Coordinator, Name = "coordinator" };
        route.ServerNames.AddRange(options.Names.External.SelectMany(Both));
        route.Addresses.AddRange(options.Addresses.Select(a => a.ToString()));
        return route;
    }

    private static IEnumerable<string> Both(string name) => [name.ToLowerInvariant(), ServerNames.LinkPrefix + name.ToLowerInvariant()];
}

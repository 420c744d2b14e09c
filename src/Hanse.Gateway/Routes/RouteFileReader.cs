using System.Globalization;
using System.Net;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Text;
using YamlDotNet.RepresentationModel;

namespace Hanse.Gateway.Routes;

/// <summary>From the nodes of a file of routes to routes, collecting what is wrong. It reads nodes, not types: nothing is found by reflection.</summary>
internal sealed class RouteFileReader(string file)
{
    private const string RouteKeys = "name, serverNames, addresses, choice, proxyProtocol, reject, default, maxConnections, idleTimeout, siteId, standbyAddresses, pseudonymous";

    private const string OwnPrefix = "file:";

    private readonly List<RouteFileProblem> _problems = [];

    internal IReadOnlyList<RouteFileProblem> Problems => _problems;

    internal IReadOnlyList<RouteSpec> NoMapping()
    {
        _problems.Add(new RouteFileProblem(file, 1, "", "the file is not one YAML mapping; begin it with `routes:`"));
        return [];
    }

    internal IReadOnlyList<RouteSpec> Read(YamlMappingNode root)
    {
        var routes = new List<RouteSpec>();
        foreach (var (key, value) in root.Children)
        {
            if (Text(key) != "routes")
            {
                Add(key, Text(key), "no such key; the file has one, routes");
            }
            else if (value is not YamlSequenceNode list)
            {
                Add(value, "routes", "must be a list, each entry beginning with `- name:`");
            }
            else if (list.Children.Count > RouteBook.MostOfSource)
            {
                Add(value, "routes", $"has {list.Children.Count} routes; a file has at most {RouteBook.MostOfSource}");
            }
            else
            {
                for (var i = 0; i < list.Children.Count; i++)
                {
                    ReadRoute(list.Children[i], $"routes[{i}]", routes);
                }
            }
        }

        if (routes.Count == 0 && _problems.Count == 0)
        {
            Add(root, "routes", "there is no route");
        }

        return routes;
    }

    private void ReadRoute(YamlNode node, string path, List<RouteSpec> routes)
    {
        if (node is not YamlMappingNode mapping)
        {
            Add(node, path, $"a route is a mapping of {RouteKeys}");
            return;
        }

        var before = _problems.Count;
        var route = new RouteSpec("", [], []);
        foreach (var (key, value) in mapping.Children)
        {
            route = ReadKey(Text(key), value, $"{path}.{Text(key)}", key, route);
        }

        if (_problems.Count == before)
        {
            Judge(mapping, path, route, routes);
            routes.Add(route);
        }
    }

    private RouteSpec ReadKey(string key, YamlNode value, string path, YamlNode at, RouteSpec route) => key switch
    {
        "name" => route with { Key = OwnKey(Text(value)) },
        "serverNames" => route with { ServerNames = Each(value, path, n => ServerName.TryPattern(n), "is no server name; write a name such as link.north.example.org, or *. and a name") },
        "addresses" => route with { Addresses = Addresses(value, path) },
        "standbyAddresses" => route with { StandbyAddresses = Addresses(value, path) },
        "siteId" => route with { RouteId = Site(value, path) },
        "pseudonymous" => route with { Pseudonymous = Flag(value, path) },
        "choice" => route with { Choice = Choice(value, path) },
        "proxyProtocol" => route with { ProxyProtocol = Flag(value, path) },
        "reject" => route with { Reject = Flag(value, path) },
        "default" => route with { IsDefault = Flag(value, path) },
        "maxConnections" => route with { MaxConnections = Count(value, path) },
        "idleTimeout" => route with { IdleTimeout = Duration(value, path) },
        _ => Unknown(at, path, route),
    };

    /// <summary>The name, unless it could be a snapshot's key: the two would share their connections. Most names stay as they are, so that a gateway that takes over
    /// from an earlier version knows them.</summary>
    private static string OwnKey(string name) =>
        name == RouteSpec.CoordinatorKey || SiteId.TryParse(name, out _) || name.StartsWith(OwnPrefix, StringComparison.Ordinal) ? OwnPrefix + name : name;

    /// <summary>What is right alone and wrong together.</summary>
    private void Judge(YamlNode node, string path, RouteSpec route, List<RouteSpec> before)
    {
        if (route.Key.Length == 0)
        {
            Add(node, $"{path}.name", "a route needs a name of its own");
        }
        else if (before.Any(r => r.Key == route.Key))
        {
            Add(node, $"{path}.name", $"'{route.Key}' is the name of a route above");
        }

        if (route.ServerNames.Count == 0 && !route.IsDefault)
        {
            Add(node, $"{path}.serverNames", "a route needs a server name, or `default: true`");
        }

        if (route.Reject != (route.Addresses.Count == 0))
        {
            Add(node, $"{path}.addresses", route.Reject ? "a route that rejects has no addresses" : "a route needs an address, or `reject: true`");
        }

        if (route.Addresses.Count > RouteSpec.MostAddresses)
        {
            Add(node, $"{path}.addresses", $"a route has at most {RouteSpec.MostAddresses} addresses");
        }

        if (route.IsDefault && before.FirstOrDefault(r => r.IsDefault) is { } other)
        {
            Add(node, $"{path}.default", $"'{other.Key}' is the default already");
        }

        foreach (var twice in RouteTable.Conflicts([route, .. before]).Intersect(route.ServerNames, StringComparer.Ordinal))
        {
            Add(node, $"{path}.serverNames", $"'{twice}' is a server name of '{before.First(r => r.ServerNames.Contains(twice)).Key}' already");
        }
    }

    private RouteSpec Unknown(YamlNode at, string path, RouteSpec route)
    {
        Add(at, path, $"no such key; a route has {RouteKeys}");
        return route;
    }

    private List<T> Each<T>(YamlNode node, string path, Func<string, T?> read, string problem) where T : class
    {
        var values = new List<T>();
        foreach (var child in node is YamlSequenceNode list ? list.Children : [node])
        {
            if (read(Text(child)) is { } value)
            {
                values.Add(value);
            }
            else
            {
                Add(child, path, $"'{Text(child)}' {problem}");
            }
        }

        return values;
    }

    private List<IPEndPoint> Addresses(YamlNode node, string path) =>
        Each(node, path, Address, "is no address; write an IP address and a port, such as 10.0.1.10:443 or [fd00::1]:443");

    private uint Site(YamlNode node, string path)
    {
        if (!SiteId.TryParse(Text(node), out var site))
        {
            Add(node, path, $"is the id of a site, 32 hexadecimal digits as `hanse site show` has it, not '{Text(node)}'; leave it out where no datagrams go");
        }

        return RouteId.Of(site);
    }

    private static IPEndPoint? Address(string text) =>
        IPEndPoint.TryParse(text, out var address) && address.Port > 0 && text.EndsWith($":{address.Port}", StringComparison.Ordinal) ? address : null;

    private UpstreamChoice Choice(YamlNode node, string path)
    {
        switch (Text(node))
        {
            case "leastConnections":
                return UpstreamChoice.LeastConnections;
            case "clientHash":
                return UpstreamChoice.ClientHash;
            default:
                Add(node, path, $"is leastConnections or clientHash, not '{Text(node)}'");
                return default;
        }
    }

    private bool Flag(YamlNode node, string path)
    {
        if (Text(node) is not ("true" or "false"))
        {
            Add(node, path, $"is true or false, not '{Text(node)}'");
        }

        return Text(node) == "true";
    }

    private int Count(YamlNode node, string path)
    {
        if (!int.TryParse(Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
        {
            Add(node, path, $"is a number above 0, not '{Text(node)}'; leave it out for no limit");
        }

        return count;
    }

    private TimeSpan Duration(YamlNode node, string path)
    {
        if (!DurationText.TryParse(Text(node), out var duration) || duration <= TimeSpan.Zero)
        {
            Add(node, path, $"is a duration such as 30s, 5m or 1h, not '{Text(node)}'; leave it out for never");
        }

        return duration;
    }

    private void Add(YamlNode node, string key, string problem) => _problems.Add(new RouteFileProblem(file, node.Start.Line, key, problem));

    private static string Text(YamlNode node) => (node as YamlScalarNode)?.Value ?? "";
}

using System.Diagnostics.CodeAnalysis;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Ids;

/// <summary>Who a node is: the URI of its certificate (T1). The host part carries a role label, so that a URI name
/// constraint can confine an issuer to one site.</summary>
public sealed record NodeIdentity
{
    private const string Scheme = "hanse://";
    private const string AgentPath = "/agent/";

    private NodeIdentity(NodeKind kind, FederationId federation, SiteId? site, HostId? host, GatewayId? gateway) =>
        (Kind, Federation, Site, Host, Gateway) = (kind, federation, site, host, gateway);

    public NodeKind Kind { get; }

    public FederationId Federation { get; }

    /// <summary>Set for a site and for an agent.</summary>
    public SiteId? Site { get; }

    /// <summary>Set for an agent.</summary>
    public HostId? Host { get; }

    /// <summary>Set for a gateway.</summary>
    public GatewayId? Gateway { get; }

    /// <summary>The URI's host: what the issuer's name constraint must permit.</summary>
    public string UriHost => Kind switch
    {
        NodeKind.Coordinator => $"coordinator.{Federation}",
        NodeKind.Gateway => $"{Gateway}.gateway.{Federation}",
        _ => $"{Site}.site.{Federation}",
    };

    public static NodeIdentity ForCoordinator(FederationId federation) => new(NodeKind.Coordinator, federation, null, null, null);

    public static NodeIdentity ForSite(FederationId federation, SiteId site) => new(NodeKind.Site, federation, site, null, null);

    public static NodeIdentity ForAgent(FederationId federation, SiteId site, HostId host) => new(NodeKind.Agent, federation, site, host, null);

    public static NodeIdentity ForGateway(FederationId federation, GatewayId gateway) => new(NodeKind.Gateway, federation, null, null, gateway);

    /// <summary>Reads exactly the four forms of T1, nothing looser: no port, query, case folding or trailing slash.</summary>
    public static bool TryParse(string? uri, [NotNullWhen(true)] out NodeIdentity? identity)
    {
        identity = null;
        if (uri is null || !uri.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = uri[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var labels = (slash < 0 ? rest : rest[..slash]).Split('.');
        var path = slash < 0 ? "" : rest[slash..];
        identity = labels switch
        {
            ["coordinator", var f] when path.Length == 0 && FederationId.TryParse(f, out var federation) => ForCoordinator(federation),
            [var g, "gateway", var f] when path.Length == 0 && GatewayId.TryParse(g, out var gateway) && FederationId.TryParse(f, out var federation)
                => ForGateway(federation, gateway),
            [var s, "site", var f] when SiteId.TryParse(s, out var site) && FederationId.TryParse(f, out var federation)
                => SiteOrAgent(federation, site, path),
            _ => null,
        };
        // Hexadecimal digits parse in either case; an identity has one spelling.
        identity = identity?.ToString() == uri ? identity : null;
        return identity is not null;
    }

    public override string ToString() => Kind == NodeKind.Agent ? $"{Scheme}{UriHost}{AgentPath}{Host}" : $"{Scheme}{UriHost}";

    private static NodeIdentity? SiteOrAgent(FederationId federation, SiteId site, string path)
    {
        if (path.Length == 0)
        {
            return ForSite(federation, site);
        }

        return path.StartsWith(AgentPath, StringComparison.Ordinal) && HostId.TryParse(path[AgentPath.Length..], out var host)
            ? ForAgent(federation, site, host)
            : null;
    }
}

using System.Net;
using static Hanse.Server.Configuration.ConfigurationValues;

namespace Hanse.Server.Configuration;

/// <summary>The addresses and networks of <c>site.gatewayAddresses</c>.</summary>
internal static class GatewayAddresses
{
    public static string Show(IReadOnlyList<IPNetwork> networks) =>
        List(networks.Select(n => n.PrefixLength == Bits(n.BaseAddress) ? n.BaseAddress.ToString() : n.ToString()));

    public static Applied Apply(HanseOptions options, IReadOnlyList<string> values) =>
        values.FirstOrDefault(v => Parse(v) is null) is { } unknown
            ? Applied.Bad($"{Quote(unknown)} is no address and no network", "write IP addresses such as 192.0.2.7, or networks such as 192.0.2.0/28")
            : Applied.Ok(options with { Site = options.Site with { Metrics = options.Site.Metrics with { Gateways = [.. values.Select(v => Parse(v)!.Value)] } } });

    private static IPNetwork? Parse(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, Bits(address)) : IPNetwork.TryParse(text, out var network) ? network : null;

    private static int Bits(IPAddress address) => address.GetAddressBytes().Length * 8;
}

using System.Net;
using Hanse.Gateway.Datagrams;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;

namespace Hanse.Gateway;

/// <summary>The gateway's main flow: routes into the book, and in front of it the relay, and datagrams beside.</summary>
internal sealed class GatewayNode : IDisposable
{
    private static readonly IPEndPoint Everywhere = new(IPAddress.IPv6Any, 443);
    private readonly RelayOptions _options;
    private readonly GatewayLog _log;
    private readonly RelayPlane _relay;
    private readonly DatagramPlane _datagrams;

    internal GatewayNode(RelayOptions options, GatewayLog log)
    {
        (_options, _log) = (options, log);
        var book = new RouteBook();
        _relay = new RelayPlane(options, book, log);
        _datagrams = new DatagramPlane(book, log);
    }

    /// <summary>The static routes are these from now on.</summary>
    internal void SwapStatic(IReadOnlyList<RouteSpec> routes)
    {
        _relay.Swap(routes);
        _log.Information("routes-changed", "Routes are in force.", ("routes", $"{routes.Count}"));
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        IReadOnlyList<IPEndPoint> listen = _options.Listen.Count > 0 ? _options.Listen : [Everywhere];
        using var upgrade = new Upgrade(_relay, _options, _log);
        upgrade.Start(listen);
        _datagrams.Start(_relay.Listeners);
        _log.Information("started", "The gateway relays.", ("listen", string.Join(' ', listen)), ("workers", $"{_options.Workers}"));
        await Task.WhenAny(_relay.RunAsync(stop), upgrade.HandedOver);
        _log.Information("stopped", "The gateway ends.");
    }

    public void Dispose()
    {
        _datagrams.Dispose();
        _relay.Dispose();
    }
}

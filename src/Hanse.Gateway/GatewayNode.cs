using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway;

/// <summary>The gateway's main flow: routes into the book, the relay in front of it.</summary>
internal sealed class GatewayNode(RelayOptions options, GatewayLog log)
{
    /// <summary>The routes in force; what feeds them swaps whole tables.</summary>
    internal RouteBook Routes { get; } = new();

    /// <summary>The static routes are these from now on.</summary>
    internal void SwapStatic(IReadOnlyList<RouteSpec> routes)
    {
        Routes.Swap(routes);
        log.Information("routes-changed", "Routes are in force.", ("routes", $"{routes.Count}"));
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        log.Information("started", "The gateway relays.", ("workers", $"{options.Workers}"));
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        log.Information("stopped", "The gateway ends.");
    }
}

using System.Net.Sockets;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>Dials upstreams that failed, so that no client has to find out whether they answer again. Those that answer are judged by what clients meet.</summary>
internal sealed class HealthDriver(RouteBook book, GatewayLog log, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly HashSet<Upstream> _told = [];

    /// <summary>Looks after failed upstreams until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var failed = book.Upstreams.Where(u => u.Failures > 0).ToList();
            foreach (var upstream in failed.Where(_told.Add))
            {
                log.Warning("upstream-down", "An address does not answer; others go first.", ("address", upstream.Address.ToString()));
            }

            await Task.WhenAll(failed.Select(u => CheckAsync(u, stop)));
            foreach (var upstream in _told.Where(u => u.Failures == 0).ToList())
            {
                _told.Remove(upstream);
                log.Information("upstream-up", "An address answers again.", ("address", upstream.Address.ToString()));
            }

            await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One dial; an upstream that answers is as good as any at once.</summary>
    private async Task CheckAsync(Upstream upstream, CancellationToken stop)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        try
        {
            // In here too: there may be no descriptor left, or no such family on this host.
            using var socket = new Socket(upstream.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(upstream.Address, either.Token);
            upstream.Answered();
        }
        catch (SocketException)
        {
            upstream.StaysDown(Environment.TickCount64);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            upstream.StaysDown(Environment.TickCount64);
        }
    }
}

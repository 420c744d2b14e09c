using System.Net;
using System.Net.Sockets;
using Hanse.Agent.Logging;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Trust.Dialing;

namespace Hanse.Agent.Paths;

/// <summary>
/// Brings the link to a better path when there is one. While a link is up:
/// 1. wait, with the patience that earlier moves have left;
/// 2. find the paths that are better than the one in use: those before it in the list, and its own name where that leads elsewhere by now;
/// 3. see whether the site proves itself there, twice;
/// 4. only then leave the link. The next try begins with the best path, and comes back here if that fails after all.
/// Whatever was running goes on (D5): commands and reports belong to no link.
/// </summary>
internal sealed class PathDriver(
    PathBook book, Func<NodeAddress, CancellationToken, Task<bool>> prove, LinkKeeper keeper, PathPatience patience, Random random, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan Lookup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenProofs = TimeSpan.FromSeconds(2);
    private readonly long _began = time.GetTimestamp();
    private PathPatience _patience = patience;

    private TimeSpan Now => time.GetElapsedTime(_began);

    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(_patience.NextLook(Now, random.NextDouble()), time, cancellation);
            if (keeper.Link is { } link && book.Last is { } current && await BetterAsync(link, current, cancellation) is { } better)
            {
                await MoveAsync(link, better, cancellation);
            }
        }
    }

    private async Task MoveAsync(NodeLink link, SitePath better, CancellationToken cancellation)
    {
        await Task.Delay(BetweenProofs, time, cancellation);
        if (!await prove(better.Address, cancellation) || keeper.Link != link)
        {
            return;
        }

        log.Information("path-changed", $"The site answers at {better.Address}: the link moves there.");
        _patience = _patience.Moved(Now);
        book.Forget();
        await link.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, $"The agent has found a better way: {better.Address}."));
        keeper.TryNow();
    }

    /// <summary>The best path at which the site proves itself, if the link does not go there already.</summary>
    private async Task<SitePath?> BetterAsync(NodeLink link, SitePath current, CancellationToken cancellation)
    {
        // Without gateways all paths are the site's own, and one is as good as another.
        var paths = book.All;
        if (!paths.Any(p => p.ByGateway))
        {
            return null;
        }

        foreach (var path in paths)
        {
            var leadsHere = await LeadsToAsync(path.Address, link.Peer.Remote, cancellation);
            if (leadsHere == false && await prove(path.Address, cancellation))
            {
                return path;
            }

            if (leadsHere == true || path == current)
            {
                return null; // what follows is worse than what is in use
            }
        }

        return null;
    }

    /// <returns>Whether the address leads to the other end of the link; null if it leads nowhere.</returns>
    private async Task<bool?> LeadsToAsync(NodeAddress address, EndPoint? remote, CancellationToken cancellation)
    {
        if (remote is not IPEndPoint reached)
        {
            return null;
        }

        try
        {
            using var patience = new CancellationTokenSource(Lookup, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
            var found = await Dns.GetHostAddressesAsync(address.Host, either.Token);
            return found.Length == 0 ? null : address.Port == reached.Port && found.Any(a => a.MapToIPv6().Equals(reached.Address.MapToIPv6()));
        }
        catch (Exception nowhere) when (nowhere is SocketException or ArgumentException || (nowhere is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }
}

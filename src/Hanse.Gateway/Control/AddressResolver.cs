using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hanse.Trust.Dialing;

namespace Hanse.Gateway.Control;

/// <summary>From host and port to the addresses that can be dialled. A name's last good answer stays when it cannot be looked up: a name server that is away stops no route.</summary>
internal sealed class AddressResolver(Func<string, CancellationToken, Task<IPAddress[]>> lookUp, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly ConcurrentDictionary<string, IPAddress[]> _found = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Looks all names among them up, side by side.</summary>
    internal Task LookUpAsync(IEnumerable<string> addresses, CancellationToken cancellation)
    {
        var hosts = addresses.Select(a => NodeAddress.TryParse(a, out var address) ? address.Host : null).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var gone in _found.Keys.Where(h => !hosts.Contains(h)).ToList())
        {
            _found.TryRemove(gone, out _);
        }

        return Task.WhenAll(hosts.Where(h => !IPAddress.TryParse(h, out _)).Select(h => LookUpAsync(h, cancellation)));
    }

    /// <summary>What is known of it; empty for a name that was never found.</summary>
    internal IReadOnlyList<IPEndPoint> Of(string text) =>
        !NodeAddress.TryParse(text, out var address) ? []
        : IPAddress.TryParse(address.Host, out var ip) ? [new IPEndPoint(ip, address.Port)]
        : [.. _found.GetValueOrDefault(address.Host, []).Select(found => new IPEndPoint(found, address.Port))];

    /// <summary>The names that were never found.</summary>
    internal IReadOnlyList<string> Unknown(IEnumerable<string> addresses) => [.. addresses.Where(a => Of(a).Count == 0).Distinct(StringComparer.OrdinalIgnoreCase)];

    private async Task LookUpAsync(string host, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var found = await lookUp(host, either.Token);
            if (found.Length > 0)
            {
                // In a fixed order: answers rotate, and that is no change of a route.
                _found[host] = [.. found.OrderBy(a => a.AddressFamily).ThenBy(a => a.ToString(), StringComparer.Ordinal)];
            }
        }
        catch (Exception failed) when (failed is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}

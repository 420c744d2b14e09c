using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>What all workers count together because a limit is on it: connections overall, by source, and by route.</summary>
/// <remarks>Sources are counted in buckets of a keyed hash: two that fall together share a limit, nobody can choose with whom, and memory does not grow.</remarks>
internal sealed class RelayLimits(int most, int mostPerSource, uint hashKey)
{
    private const int Buckets = 1 << 16;
    private readonly int[] _sources = new int[Buckets];
    private readonly int[] _routes = new int[RouteBook.MostRoutes];
    private int _all;

    internal int All => Volatile.Read(ref _all);

    /// <summary>True when it is over the limit by now; counted all the same, as is its end.</summary>
    internal bool Enter(ReadOnlySpan<byte> address, out int bucket, out Refusal refusal)
    {
        bucket = (int)(HashOf(address) % Buckets);
        refusal = Refusal.OverallLimit;
        var over = Interlocked.Increment(ref _all) > most;
        if (Interlocked.Increment(ref _sources[bucket]) > mostPerSource && mostPerSource > 0)
        {
            refusal = over ? refusal : Refusal.SourceLimit;
            over = true;
        }

        return !over;
    }

    internal void Leave(int bucket)
    {
        Interlocked.Decrement(ref _all);
        Interlocked.Decrement(ref _sources[bucket]);
    }

    internal bool EnterRoute(Route route)
    {
        var count = Interlocked.Increment(ref _routes[route.Slot]);
        return route.Spec.MaxConnections == 0 || count <= route.Spec.MaxConnections;
    }

    /// <summary>One more that no limit judges.</summary>
    internal void AddToRoute(int slot) => Interlocked.Increment(ref _routes[slot]);

    internal void LeaveRoute(int slot) => Interlocked.Decrement(ref _routes[slot]);

    /// <summary>A number of a client's address, an IPv6 one by its /64; the same in all processes when the key is.</summary>
    internal static uint Hash(ReadOnlySpan<byte> address, uint key)
    {
        var host = SocketAddress.Host(address);
        var hash = 2166136261u ^ key;
        foreach (var b in host[..Math.Min(host.Length, 8)])
        {
            hash = (hash ^ b) * 16777619u;
        }

        hash ^= hash >> 15;
        hash *= 0x2c1b3c6d;
        return hash ^ (hash >> 13);
    }

    private uint HashOf(ReadOnlySpan<byte> address) => Hash(address, hashKey);
}

using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>What all workers count together because a limit is on it: connections overall, by source, and by route; by source also incomplete hellos and newcomers a second.</summary>
/// <remarks>Sources are counted in buckets of a keyed hash: two that fall together share a limit, nobody can choose with whom, and memory does not grow.</remarks>
internal sealed class RelayLimits(int most, RelayOptions options, uint hashKey)
{
    private const int Buckets = 1 << 16;

    /// <summary>Seconds of the average that may come at once.</summary>
    private const int Burst = 10;
    private readonly int[] _sources = new int[Buckets];
    private readonly int[] _hellos = new int[Buckets];

    /// <summary>By source: the moment, in microseconds, up to which its newcomers have used up what the average gives it.</summary>
    private readonly long[] _used = new long[Buckets];
    private readonly int[] _routes = new int[RouteBook.MostRoutes];
    private int _all;

    internal int All => Volatile.Read(ref _all);

    /// <summary>False when it is over a limit by now; counted all the same, as is its end.</summary>
    internal bool Enter(ReadOnlySpan<byte> address, out int bucket, out Refusal refusal)
    {
        bucket = (int)(HashOf(address) % Buckets);
        refusal = Refusal.OverallLimit;
        var over = Interlocked.Increment(ref _all) > most;
        if (Interlocked.Increment(ref _sources[bucket]) > options.MaxPerSource && options.MaxPerSource > 0)
        {
            // Also where the house is full: others shall not make room for it.
            refusal = Refusal.SourceLimit;
            over = true;
        }

        return !over;
    }

    internal void Leave(int bucket)
    {
        Interlocked.Decrement(ref _all);
        Interlocked.Decrement(ref _sources[bucket]);
    }

    /// <summary>One more newcomer of this source at this moment; false when there are too many by now. Those that are refused do not count.</summary>
    internal bool Arrive(int bucket, long milliseconds)
    {
        if (options.MaxRatePerSource == 0)
        {
            return true;
        }

        var (each, now) = (1_000_000L / options.MaxRatePerSource, milliseconds * 1000);
        ref var used = ref _used[bucket];
        while (true)
        {
            var before = Volatile.Read(ref used);
            var after = Math.Max(before, now) + each;
            if (after - now > Burst * 1_000_000L)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref used, after, before) == before)
            {
                return true;
            }
        }
    }

    /// <summary>One more client of this source whose hello is awaited. True when it is over the limit by now; counted all the same, as is its end.</summary>
    internal bool AwaitHello(int bucket) => Interlocked.Increment(ref _hellos[bucket]) > options.MaxHellosPerSource && options.MaxHellosPerSource > 0;

    internal void HelloCame(int bucket) => Interlocked.Decrement(ref _hellos[bucket]);

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

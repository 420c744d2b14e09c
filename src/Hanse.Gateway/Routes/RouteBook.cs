using System.Net;

namespace Hanse.Gateway.Routes;

/// <summary>The table in force, and what outlives a table: the places of routes in the counters and the upstreams with their state.</summary>
/// <remarks>Readers take <see cref="Current"/>, one reference without a lock; writers replace it. A place is what a connection knows its route by, so no two
/// routes of the tables before and after a change share one: there is room for both, since each source is bounded by <see cref="MostOfSource"/>.</remarks>
internal sealed class RouteBook
{
    /// <summary>Routes of the file, and of a snapshot.</summary>
    internal const int MostOfSource = 2048;

    /// <summary>Both sources before and after a change, and the orphans.</summary>
    internal const int MostRoutes = (4 * MostOfSource) + 1;

    /// <summary>Place of connections whose route is not known: taken over from a process that had it.</summary>
    internal const int Orphans = MostRoutes - 1;

    internal const int MostUpstreams = 16384;

    private readonly Lock _gate = new();
    private readonly string?[] _keys = [.. Enumerable.Repeat<string?>(null, Orphans), "other"];
    private readonly Dictionary<IPEndPoint, Upstream> _upstreams = [];
    private readonly Upstream?[] _bySlot = new Upstream?[MostUpstreams];
    private RouteTable _current = RouteTable.Empty;

    internal RouteTable Current => Volatile.Read(ref _current);

    /// <summary>The key of a place; null for one not in use.</summary>
    internal string? Key(int slot) => Volatile.Read(ref _keys[slot]);

    internal Upstream? UpstreamAt(int slot) => Volatile.Read(ref _bySlot[slot]);

    internal Upstream? Find(IPEndPoint address)
    {
        lock (_gate)
        {
            return _upstreams.GetValueOrDefault(address);
        }
    }

    /// <summary>All upstreams there are.</summary>
    internal IReadOnlyList<Upstream> Upstreams
    {
        get
        {
            lock (_gate)
            {
                return [.. _upstreams.Values];
            }
        }
    }

    /// <summary>Puts another table in force, at once and for all new connections. Returns the places of the keys that are gone, whose live
    /// connections the caller may close. A route whose addresses are too many for the book is given those that fit.</summary>
    internal IReadOnlyList<int> Swap(IReadOnlyList<RouteSpec> specs)
    {
        lock (_gate)
        {
            var before = _current.Routes;
            ForgetUpstreams(specs);
            var keys = specs.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
            var used = before.Select(r => r.Spec.Key).Concat(keys).ToHashSet(StringComparer.Ordinal);
            var routes = specs.Select(s => new Route(s, Place(s.Key, used), [.. s.Addresses.Take(RouteSpec.MostAddresses).Select(UpstreamOf).OfType<Upstream>()])).ToList();
            Volatile.Write(ref _current, RouteTable.Build(routes));
            return [.. before.Where(r => !keys.Contains(r.Spec.Key)).Select(r => r.Slot).Distinct()];
        }
    }

    private int Place(string key, HashSet<string> used)
    {
        var slot = Array.IndexOf(_keys, key);
        if (slot < 0)
        {
            slot = Array.IndexOf(_keys, null, 0, Orphans);
            slot = slot >= 0 ? slot : Array.FindIndex(_keys, 0, Orphans, k => !used.Contains(k!));
            Volatile.Write(ref _keys[slot], key);
        }

        return slot;
    }

    private Upstream? UpstreamOf(IPEndPoint address)
    {
        if (!_upstreams.TryGetValue(address, out var upstream) && Array.IndexOf(_bySlot, null) is >= 0 and var slot)
        {
            upstream = new Upstream(slot, address);
            _upstreams.Add(address, upstream);
            Volatile.Write(ref _bySlot[slot], upstream);
        }

        return upstream;
    }

    /// <summary>An upstream goes when no route has it and its last connection has ended.</summary>
    private void ForgetUpstreams(IReadOnlyList<RouteSpec> wanted)
    {
        var kept = wanted.SelectMany(w => w.Addresses).Concat(_current.Routes.SelectMany(r => r.Spec.Addresses)).ToHashSet();
        foreach (var gone in _upstreams.Values.Where(u => !kept.Contains(u.Address) && u.Live == 0).ToList())
        {
            _upstreams.Remove(gone.Address);
            Volatile.Write(ref _bySlot[gone.Slot], null);
        }
    }
}

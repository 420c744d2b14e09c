using System.Collections.Frozen;
using System.Net;
using Hanse.Gateway.Routes;
using SocketAddress = Hanse.Gateway.Native.SocketAddress;

namespace Hanse.Gateway.Datagrams;

/// <summary>Routes by their id, immutable. A change is another table; its version tells flows to look where they go again.</summary>
internal sealed class DatagramRoutes(IReadOnlyList<Route> routes, int version)
{
    private readonly FrozenDictionary<uint, DatagramRoute> _byId = routes.Where(r => r.Spec.RouteId != 0)
        .GroupBy(r => r.Spec.RouteId).ToFrozenDictionary(g => g.Key, g => new DatagramRoute(g.First()));

    internal int Version => version;

    internal DatagramRoute? Find(uint routeId) => _byId.GetValueOrDefault(routeId);
}

/// <summary>Where the datagrams of one site go.</summary>
internal sealed class DatagramRoute(Route route)
{
    internal Route Route => route;

    internal DatagramTarget[] Targets { get; } = [.. route.Upstreams.Select(u => new DatagramTarget(u.Address, u))];

    /// <summary>Gets everything that the route's own targets get; null for none.</summary>
    internal DatagramTarget? Standby { get; } = route.Spec.StandbyAddresses is [var first, ..] ? new DatagramTarget(first, null) : null;

    /// <summary>A PROXY header goes before each datagram.</summary>
    internal bool HasHeader { get; } = route.Spec.ProxyProtocol || route.Spec.Pseudonymous;

    internal bool Pseudonymous => route.Spec.Pseudonymous;
}

/// <summary>An address in the kernel's form, in memory that does not move.</summary>
internal sealed class DatagramTarget
{
    private readonly byte[] _address;

    internal DatagramTarget(IPEndPoint point, Upstream? upstream)
    {
        var bytes = SocketAddress.Of(point);
        _address = GC.AllocateArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(_address, 0);
        (Point, Upstream, Mark) = (point, upstream, upstream?.Mark ?? 0);
    }

    internal IPEndPoint Point { get; }

    /// <summary>What the relay knows of it; null of a standby.</summary>
    internal Upstream? Upstream { get; }

    internal uint Mark { get; }

    internal bool Is4 => _address.Length == 16;

    internal uint Length => (uint)_address.Length;

    /// <summary>Valid as long as this object lives.</summary>
    internal unsafe byte* Address => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _address[0]);
}

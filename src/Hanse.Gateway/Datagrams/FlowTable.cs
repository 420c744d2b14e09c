using System.Numerics;

namespace Hanse.Gateway.Datagrams;

/// <summary>Who sends under which key, and where it goes: the same source and key id on a route keep their target as long as that is in it and answers. A table of
/// open places that grows to a bound. When it is full, or a place is crowded, a datagram goes without a flow, to the target that its hash gives, so a flood of
/// forged sources costs nobody anything but affinity. For one thread.</summary>
internal sealed class FlowTable(ulong seed)
{
    internal const int Most = 1 << 18;
    private const int Probes = 16;
    private const int Least = 1 << 10;
    private Flow[] _flows = new Flow[Least];

    internal int Count { get; private set; }

    /// <summary>A number of a source and key that nobody outside can steer.</summary>
    internal ulong Hash(in FlowKey key)
    {
        var hash = (key.High ^ seed) * 0x9E3779B97F4A7C15;
        hash = (BitOperations.RotateLeft(hash, 31) ^ key.Low) * 0xBF58476D1CE4E5B9;
        hash = (BitOperations.RotateLeft(hash, 29) ^ key.KeyId ^ ((ulong)key.Port << 48) ^ ((ulong)key.RouteId << 16)) * 0x94D049BB133111EB;

        // A multiplication carries upwards alone, so the bits of the place need another round to have all of the key id in them.
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 29);
    }

    /// <summary>The flow of this key, new or known; a null reference when there is no room for it. Valid until the next call.</summary>
    internal ref Flow Find(in FlowKey key, ulong hash)
    {
        if (Count > _flows.Length / 2 && _flows.Length < Most)
        {
            Resize(_flows.Length * 2);
        }

        var free = -1;
        for (var probe = 0; probe < Probes; probe++)
        {
            var at = (int)((hash + (ulong)probe) & (ulong)(_flows.Length - 1));
            if (_flows[at].Target is null)
            {
                free = free < 0 ? at : free;
            }
            else if (_flows[at].Key == key)
            {
                return ref _flows[at];
            }
        }

        if (free < 0 && _flows.Length < Most)
        {
            Resize(_flows.Length * 2);
            return ref Find(key, hash);
        }

        if (free < 0)
        {
            return ref System.Runtime.CompilerServices.Unsafe.NullRef<Flow>();
        }

        _flows[free] = new Flow { Key = key };
        return ref _flows[free];
    }

    /// <summary>A flow that was found empty has a target now.</summary>
    internal void Added() => Count++;

    /// <summary>Forgets flows that were silent since then, and gives room back.</summary>
    internal void Expire(long before)
    {
        for (var at = 0; at < _flows.Length; at++)
        {
            if (_flows[at].Target is not null && _flows[at].Seen < before)
            {
                _flows[at] = default;
                Count--;
            }
        }

        if (_flows.Length > Least && Count < _flows.Length / 16)
        {
            Resize(_flows.Length / 4);
        }
    }

    private void Resize(int length)
    {
        var before = _flows;
        (_flows, Count) = (new Flow[Math.Max(Least, length)], 0);
        foreach (ref var flow in before.AsSpan())
        {
            if (flow.Target is not null)
            {
                ref var place = ref Place(flow.Key);
                if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref place))
                {
                    place = flow;
                    Count++;
                }
            }
        }
    }

    private ref Flow Place(in FlowKey key)
    {
        var hash = Hash(key);
        for (var probe = 0; probe < Probes; probe++)
        {
            ref var flow = ref _flows[(int)((hash + (ulong)probe) & (ulong)(_flows.Length - 1))];
            if (flow.Target is null)
            {
                return ref flow;
            }
        }

        return ref System.Runtime.CompilerServices.Unsafe.NullRef<Flow>();
    }
}

/// <summary>Source address (an IPv4 one as IPv6 has it), the key id, its port, and the route: a target is never that of another one.</summary>
internal readonly record struct FlowKey(ulong High, ulong Low, ulong KeyId, ushort Port, uint RouteId);

internal struct Flow
{
    internal FlowKey Key;
    internal DatagramTarget? Target;

    /// <summary>Of the table that the target is from.</summary>
    internal int Version;

    /// <summary>Milliseconds of the system's tick count.</summary>
    internal long Seen;

    /// <summary>Stands for the source; made with the flow.</summary>
    internal UInt128 Pseudonym;
}

using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hanse.Gateway.Native;
using Hanse.Protocol.Datagrams;

namespace Hanse.Gateway.Datagrams;

/// <summary>Receives a batch, finds each datagram's route and flow, and sends the batch on. Allocates nothing while datagrams move, holds no key, looks at
/// nothing but the header, and never sends to a source (G2). For one thread.</summary>
/// <remarks>It asks for a sender when the first datagram goes to that family: a host may lack one, and -1 then costs those datagrams alone.</remarks>
internal sealed unsafe class DatagramWorker(DatagramCounters counters, TimeSpan idle, ulong seed, Func<AddressFamily, int> sender) : IDisposable
{
    private readonly ReceiveBatch _received = new();
    private readonly SendBatch _to4 = new(() => sender(AddressFamily.InterNetwork), ReceiveBatch.Room * 2);
    private readonly SendBatch _to6 = new(() => sender(AddressFamily.InterNetworkV6), ReceiveBatch.Room * 2);
    private readonly FlowTable _flows = new(seed);
    private readonly Pseudonyms _pseudonyms = new();
    private readonly long _idle = (long)idle.TotalMilliseconds;
    private long _expired;

    /// <summary>One batch of a socket. False when it was not full: nothing more waits there.</summary>
    internal bool Forward(int socket, DatagramRoutes routes, long now)
    {
        var count = _received.Receive(socket);
        for (var i = 0; i < count; i++)
        {
            ForwardOne(i, routes, now);
        }

        Count(ref counters.Received, count);
        Count(ref counters.Unsent, _to4.Flush() + _to6.Flush());
        return count == ReceiveBatch.Room;
    }

    /// <summary>Now and then forgets flows that fell silent.</summary>
    internal void Tidy(long now)
    {
        if (now - _expired >= _idle / 4)
        {
            _flows.Expire(now - _idle);
            _expired = now;
        }

        Volatile.Write(ref counters.Flows, _flows.Count);
    }

    private void ForwardOne(int index, DatagramRoutes routes, long now)
    {
        var datagram = new ReadOnlySpan<byte>(_received.Datagram(index), _received.Length(index));
        if (!DatagramHeader.TryRead(datagram, out var header))
        {
            Count(ref counters.Malformed, 1);
            return;
        }

        if (routes.Find(header.RouteId) is not { Targets.Length: > 0 } route)
        {
            Count(ref counters.UnknownRoute, 1);
            return;
        }

        var source = _received.Source(index);
        var key = Key(source, header);
        var target = Choose(key, route, routes.Version, now, out var pseudonym);
        var headerLength = route.HasHeader ? WriteSource(index, source, pseudonym) : 0;
        Add(target, index, headerLength);
        Count(ref counters.Forwarded, 1);
        Count(ref counters.ForwardedBytes, datagram.Length);
        if (route.Standby is { } standby)
        {
            Add(standby, index, headerLength);
            Count(ref counters.Duplicated, 1);
        }
    }

    private int WriteSource(int index, ReadOnlySpan<byte> source, UInt128 pseudonym)
    {
        var prefix = new Span<byte>(_received.Header(index), SourcePrefix.MaxBytes);
        if (pseudonym == 0)
        {
            return SourcePrefix.Write(prefix, SocketAddress.Host(source), SocketAddress.Port(source));
        }

        Span<byte> host = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(host, pseudonym);
        return SourcePrefix.Write(prefix, host, port: 0);
    }

    private DatagramTarget Choose(in FlowKey key, DatagramRoute route, int version, long now, out UInt128 pseudonym)
    {
        var hash = _flows.Hash(key);
        ref var flow = ref _flows.Find(key, hash);
        if (Unsafe.IsNullRef(ref flow))
        {
            pseudonym = route.Pseudonymous ? _pseudonyms.Of(key) : 0;
            return Pick(route.Targets, hash, now);
        }

        if (flow.Target is null)
        {
            _flows.Added();
            (flow.Target, flow.Version) = (Pick(route.Targets, hash, now), version);
            flow.Pseudonym = route.Pseudonymous ? _pseudonyms.Of(key) : 0;
        }
        else if (flow.Version != version || flow.Target.Upstream is { } upstream && upstream.IsDown(now))
        {
            // The same address of another table is the same target; one that is gone, or does not answer, is left.
            (flow.Target, flow.Version) = (Same(route.Targets, flow.Target, now) ?? Pick(route.Targets, hash, now), version);
            flow.Pseudonym = route.Pseudonymous ? _pseudonyms.Of(key) : 0;
        }

        flow.Seen = now;
        pseudonym = flow.Pseudonym;
        return flow.Target;
    }

    /// <summary>The highest number of hash and address wins, so a change of the list moves as few as can be; who does not answer comes last.</summary>
    private static DatagramTarget Pick(DatagramTarget[] targets, ulong hash, long now)
    {
        var (best, most, bestDown) = (targets[0], 0UL, true);
        foreach (var target in targets)
        {
            var down = target.Upstream is { } upstream && upstream.IsDown(now);
            var score = (hash ^ target.Mark) * 0xD6E8FEB86659FD93;
            score ^= score >> 32;
            if ((bestDown && !down) || (bestDown == down && score >= most))
            {
                (best, most, bestDown) = (target, score, down);
            }
        }

        return best;
    }

    private static DatagramTarget? Same(DatagramTarget[] targets, DatagramTarget before, long now)
    {
        foreach (var target in targets)
        {
            if (target.Point.Equals(before.Point) && !(target.Upstream is { } upstream && upstream.IsDown(now)))
            {
                return target;
            }
        }

        return null;
    }

    private void Add(DatagramTarget target, int index, int headerLength) =>
        (target.Is4 ? _to4 : _to6).Add(target, _received.Header(index), headerLength, _received.Datagram(index), _received.Length(index));

    private static FlowKey Key(ReadOnlySpan<byte> source, in DatagramHeader header)
    {
        var host = SocketAddress.Host(source);
        return host.Length == 4
            ? new(0, 0xffff_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(host), header.KeyId, SocketAddress.Port(source), header.RouteId)
            : new(BinaryPrimitives.ReadUInt64BigEndian(host), BinaryPrimitives.ReadUInt64BigEndian(host[8..]), header.KeyId, SocketAddress.Port(source), header.RouteId);
    }

    // One writer: no locked addition is needed.
    private static void Count(ref long counter, long by) => Volatile.Write(ref counter, counter + by);

    public void Dispose()
    {
        _received.Dispose();
        _to4.Dispose();
        _to6.Dispose();
    }
}

using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;

namespace Hanse.Gateway.Relay;

/// <summary>Takes connections of another process into a worker, and goes on with each where it stood.</summary>
internal sealed unsafe class Adopter(WorkerState state, Greeter greeter, Pump pump, Closer closer)
{
    internal void Adopt(IReadOnlyList<ConnectionRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Descriptors.Max() >= state.Ends.Capacity)
            {
                DescriptorChannel.CloseAll(record.Descriptors);
            }
            else if (record.Upstream < 0)
            {
                greeter.Welcome(record.Client, Peer(record.Client), isNew: false);
            }
            else
            {
                Adopt(record);
            }
        }
    }

    private void Adopt(ConnectionRecord record)
    {
        var route = state.Book.Current.Routes.FirstOrDefault(r => r.Spec.Key == record.Route);
        var slot = route?.Slot ?? RouteBook.Orphans;
        var upstream = state.Book.Find(SocketAddress.Point(Peer(record.Upstream)));
        ref var client = ref Begin(record.Client, record.Upstream, record.ClientMarks | EndMarks.Client, slot, upstream);
        ref var server = ref Begin(record.Upstream, record.Client, record.UpstreamMarks, slot, upstream);
        (client.Pipe, client.Held) = (record.FromClientPipe, record.FromClient);
        (server.Pipe, server.Held) = (record.FromUpstreamPipe, record.FromUpstream);
        // Limits judge newcomers; what was let in stays.
        _ = state.Limits.Enter(Peer(record.Client), out client.Source, out _);
        state.Limits.AddToRoute(slot);
        upstream?.Opened();
        state.Counters.Route(slot).Live++;
        // A route that is not in the table was removed (G1).
        var isGone = route is null && !state.Options.KeepsUnknownRoutes;
        if (isGone || !state.Watch(record.Client, ref client, room: server.Held > 0) || !state.Watch(record.Upstream, ref server, room: client.Held > 0))
        {
            closer.Close(record.Client, reset: true);
            return;
        }

        // What lies unread in a socket is an event, now that it is watched; what lies in a pipe, and an end that was seen, are none.
        var life = client.Life;
        if (client.Held > 0 || client.Has(EndMarks.Ended))
        {
            pump.Run(record.Client);
        }

        if (state.Holds(in client, life) && (server.Held > 0 || server.Has(EndMarks.Ended)))
        {
            pump.Run(record.Upstream);
        }
    }

    private ref End Begin(int descriptor, int peer, EndMarks marks, int slot, Upstream? upstream)
    {
        ref var end = ref state.Begin(descriptor, EndPhase.Relaying, marks);
        end.Peer = peer;
        end.Route = slot;
        end.Upstream = upstream?.Slot ?? -1;
        end.Since = (uint)(state.Now / 1000);
        return ref end;
    }

    private static byte[] Peer(int descriptor)
    {
        var address = new byte[SocketAddress.Size];
        var length = (uint)SocketAddress.Size;
        fixed (byte* place = address)
        {
            if (Linux.PeerName(descriptor, place, &length) != 0)
            {
                address[0] = Linux.Family4;
            }
        }

        return address;
    }
}

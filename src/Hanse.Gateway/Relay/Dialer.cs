using System.Diagnostics;
using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>The second stage: dials the addresses of a route, one after the other, until one answers, and hands the pair to the pump.</summary>
internal sealed unsafe class Dialer(WorkerState state, Closer closer, Pump pump)
{
    // Keep-alive on both sides: a peer that vanished is found after 60 s + 3 × 15 s.
    private const int KeepIdle = 60;
    private const int KeepInterval = 15;
    private const int KeepCount = 3;

    /// <summary>Options that a listener hands on to what it accepts, and that a dialled socket is given.</summary>
    internal static void Prepare(int socket)
    {
        Set(socket, Linux.LevelTcp, Linux.NoDelay, 1);
        Set(socket, Linux.LevelSocket, Linux.KeepAlive, 1);
        Set(socket, Linux.LevelTcp, Linux.KeepIdle, KeepIdle);
        Set(socket, Linux.LevelTcp, Linux.KeepInterval, KeepInterval);
        Set(socket, Linux.LevelTcp, Linux.KeepCount, KeepCount);
    }

    /// <summary>Dials the next address. False when none is left to try: the client is still there, as it may not be after true.</summary>
    /// <param name="helloBytes">How much of the client's bytes is in the worker's buffer, looked at and not taken; 0 for none.</param>
    internal bool Dial(int client, ref End end, Route route, int helloBytes)
    {
        var hash = ClientMark(client, route);
        while (UpstreamChooser.Choose(route, hash, state.Now, ref end.Tried) is { } upstream)
        {
            ref var counters = ref state.Counters.Route(route.Slot);
            counters.Dials++;
            var socket = Connect(upstream);
            if (socket < 0)
            {
                counters.FailedDials++;
                upstream.Failed(state.Now);
                continue;
            }

            ref var dialled = ref Pair(client, ref end, socket, upstream);
            if (Greet(client, ref end, socket, ref dialled, helloBytes) || state.Watch(socket, ref dialled, room: true))
            {
                return true;
            }

            Failed(socket, ref dialled, ref end);
        }

        return false;
    }

    /// <summary>An upstream that was being dialled has answered, or failed. False when no address is left.</summary>
    internal bool Event(int socket, ref End end, uint events)
    {
        if ((events & (Linux.EventError | Linux.EventHangUp)) != 0)
        {
            return Next(socket, ref end);
        }

        if ((events & Linux.EventOut) != 0)
        {
            var client = end.Peer;
            ref var clientEnd = ref state.Ends[client];
            if (!ProxyHeader.Send(client, socket, RouteOf(ref clientEnd)))
            {
                return Next(socket, ref end);
            }

            if (Join(client, ref clientEnd, socket, ref end))
            {
                RunBoth(client, ref clientEnd, socket, ref end, events);
            }
        }

        return true;
    }

    /// <summary>The client's hello goes on, and what the upstream has said already: that was in the same event, and no other one comes for it.</summary>
    private void RunBoth(int client, ref End end, int socket, ref End dialled, uint events)
    {
        if ((events & Linux.EventReadHangUp) != 0)
        {
            dialled.Set(EndMarks.HangUp | EndMarks.Readable);
        }

        if ((events & Linux.EventIn) != 0)
        {
            dialled.Set(EndMarks.Readable);
        }

        var life = dialled.Life;
        end.Set(EndMarks.Readable);
        pump.Run(client);
        if (state.Holds(in dialled, life) && dialled.Has(EndMarks.Readable))
        {
            pump.Run(socket);
        }
    }

    /// <summary>Gives up on this address and dials the next. False when none is left.</summary>
    internal bool Next(int socket, ref End end)
    {
        var client = end.Peer;
        ref var clientEnd = ref state.Ends[client];
        Failed(socket, ref end, ref clientEnd);
        return RouteOf(ref clientEnd) is { } route && Dial(client, ref clientEnd, route, 0);
    }

    /// <summary>The number of a client's address, where the route asks for it.</summary>
    private static uint ClientMark(int client, Route route)
    {
        var address = stackalloc byte[SocketAddress.Size];
        var length = (uint)SocketAddress.Size;
        return route.Spec.Choice == UpstreamChoice.ClientHash && Linux.PeerName(client, address, &length) == 0
            ? RelayLimits.Hash(new ReadOnlySpan<byte>(address, SocketAddress.Size), 0)
            : 0;
    }

    /// <summary>A socket that connects, or -1.</summary>
    private int Connect(Upstream upstream)
    {
        var address = upstream.SocketAddress;
        var socket = Linux.SocketFast(SocketAddress.Is4(address) ? Linux.Family4 : Linux.Family6, Linux.Stream | Linux.NonBlocking | Linux.CloseOnExec, 0);
        if (socket < 0)
        {
            return -1;
        }

        Prepare(socket);
        fixed (byte* place = address)
        {
            if (socket < state.Ends.Capacity && (Linux.Connect(socket, place, (uint)address.Length) == 0 || state.Error == Linux.InProgress))
            {
                return socket;
            }
        }

        _ = Linux.Close(socket);
        return -1;
    }

    private ref End Pair(int client, ref End end, int socket, Upstream upstream)
    {
        ref var dialled = ref state.Begin(socket, EndPhase.Dialing, EndMarks.None);
        dialled.Peer = client;
        dialled.Route = end.Route;
        dialled.Upstream = end.Upstream = upstream.Slot;
        dialled.Since = Microseconds();
        end.Peer = socket;
        upstream.Opened();
        state.Dials.Enter(socket, state.Now);
        return ref dialled;
    }

    /// <summary>Tries at once to pass the hello on: over a short way the upstream has answered by now, and a turn of the loop is saved. False when it has not.</summary>
    private bool Greet(int client, ref End end, int socket, ref End dialled, int helloBytes)
    {
        if (helloBytes == 0 || RouteOf(ref end) is not { Spec.ProxyProtocol: false })
        {
            return false;
        }

        var sent = (int)Linux.Send(socket, state.Buffer, helloBytes, Linux.DontWait | Linux.NoSignal);
        if (sent <= 0)
        {
            return false;
        }

        _ = Linux.Receive(client, null, sent, Linux.DontWait | Linux.Truncate);
        state.Counters.Route(end.Route).BytesFromClient += sent;
        if (Join(client, ref end, socket, ref dialled) && (sent < helloBytes || helloBytes == WorkerState.BufferSize || end.Has(EndMarks.HangUp)))
        {
            end.Set(EndMarks.Readable);
            pump.Run(client);
        }

        return true;
    }

    /// <summary>Both are one connection from now on, and are watched. False when they cannot be, and both are closed.</summary>
    private bool Join(int client, ref End end, int socket, ref End dialled)
    {
        state.Dials.Leave(socket);
        ref var counters = ref state.Counters.Route(end.Route);
        counters.Dialing--;
        counters.Opened++;
        counters.Live++;
        var latency = Microseconds() - dialled.Since;
        counters.DialMicroseconds += latency;
        counters.Dialled.Note(latency);
        state.Book.UpstreamAt(dialled.Upstream)?.Answered();
        end.Phase = dialled.Phase = EndPhase.Relaying;
        end.Since = dialled.Since = (uint)(state.Now / 1000);
        if ((end.Has(EndMarks.Watched) || state.Watch(client, ref end, room: false)) && (dialled.Has(EndMarks.Watched) || state.Watch(socket, ref dialled, room: false)))
        {
            return true;
        }

        closer.Close(client, reset: true);
        return false;
    }

    private void Failed(int socket, ref End dialled, ref End end)
    {
        state.Counters.Route(end.Route).FailedDials++;
        state.Book.UpstreamAt(dialled.Upstream)?.Failed(state.Now);
        closer.DropDial(socket);
        end.Peer = end.Upstream = -1;
    }

    private Route? RouteOf(ref End end) => state.Book.Current.At(end.Route);

    private static uint Microseconds() => (uint)(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000));

    private static void Set(int socket, int level, int option, int value) => _ = Linux.SetOption(socket, level, option, &value, sizeof(int));
}

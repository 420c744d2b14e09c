using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using SocketAddress = Hanse.Gateway.Native.SocketAddress;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>The parts of one worker without its thread: they run when the test says so, in the test's own thread, so that what comes between two turns is no chance.</summary>
internal sealed unsafe class HandWorker : IDisposable
{
    internal HandWorker(int number, EndTable ends, RouteBook book)
    {
        var options = new RelayOptions();
        State = new WorkerState(number, options, ends, book, new RelayLimits(1000, options, 7)) { ErrorPlace = Linux.ErrorPlace(), Now = Environment.TickCount64 };
        Closer = new Closer(State);
        Pump = new Pump(State, Closer);
        Dialer = new Dialer(State, Closer, Pump);
    }

    internal WorkerState State { get; }

    internal Closer Closer { get; }

    internal Pump Pump { get; }

    internal Dialer Dialer { get; }

    /// <summary>Begins a relayed connection that has much to read.</summary>
    internal void Relay(int from, int to)
    {
        ref var source = ref State.Begin(from, EndPhase.Relaying, EndMarks.Readable | EndMarks.Bulk);
        (source.Peer, source.Route) = (to, 0);
        ref var target = ref State.Begin(to, EndPhase.Relaying, EndMarks.Client);
        (target.Peer, target.Route) = (from, 0);
    }

    /// <summary>Takes a client from a listener, as one whose hello has led to a route.</summary>
    internal int Accept(Socket listener, Route route)
    {
        var address = stackalloc byte[SocketAddress.Size];
        var length = (uint)SocketAddress.Size;
        var client = Linux.AcceptWaiting((int)listener.Handle, address, &length, Linux.NonBlocking | Linux.CloseOnExec);
        Assert.True(client >= 0);
        ref var end = ref State.Begin(client, EndPhase.Waiting, EndMarks.Client);
        end.Route = route.Slot;
        Assert.True(State.Limits.Enter(new ReadOnlySpan<byte>(address, SocketAddress.Size), out end.Source, out _));
        return client;
    }

    /// <summary>Dials for a client whose hello, if there is one, has been looked at. The descriptor of the upstream.</summary>
    internal int Dial(int client, Route route, ReadOnlySpan<byte> hello)
    {
        hello.CopyTo(new Span<byte>(State.Buffer, WorkerState.BufferSize));
        ref var end = ref State.Ends[client];
        Assert.True(Dialer.Dial(client, ref end, route, hello.Length));
        return end.Peer;
    }

    /// <summary>What has happened to the upstream that is being dialled; the stage is given it.</summary>
    internal uint Answered(int upstream)
    {
        Assert.Equal(1, State.Epoll.Wait(10_000));
        ref var end = ref State.Ends[upstream];
        Assert.Equal(((ulong)end.Life << 32) | (uint)upstream, State.Epoll.Data(0));
        var flags = State.Epoll.Flags(0);
        Assert.True(Dialer.Event(upstream, ref end, flags));
        return flags;
    }

    /// <summary>Waits until the kernel has a peer's last byte.</summary>
    internal static void AwaitEnd(int socket) => Assert.True(SpinWait.SpinUntil(() => StateOf(socket) == 8, TimeSpan.FromSeconds(10)), "the peer has not ended");

    internal static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    /// <summary>A client that gives up on what does not come.</summary>
    internal static Socket Connect(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
        client.Connect(listener.LocalEndPoint!);
        return client;
    }

    public void Dispose() => State.Dispose();

    /// <summary>TCP's state, the first byte of TCP_INFO.</summary>
    private static byte StateOf(int socket)
    {
        byte state = 0;
        uint length = 1;
        Assert.Equal(0, Linux.GetOption(socket, Linux.LevelTcp, 11, &state, &length));
        return state;
    }
}

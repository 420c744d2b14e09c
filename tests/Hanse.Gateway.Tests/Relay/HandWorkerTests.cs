using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>What happens to the parts of a worker in an order that threads come to once in a million times.</summary>
public sealed class HandWorkerTests : IDisposable
{
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 200);
    private readonly EndTable _ends = new();
    private readonly RouteBook _book = new();
    private readonly Socket _door = HandWorker.Listen();
    private readonly Socket _upstream = HandWorker.Listen();

    [Fact]
    public async Task Descriptor_that_waited_for_its_turn_and_is_anothers_by_now_is_left_alone()
    {
        using var one = new HandWorker(0, _ends, _book);
        using var two = new HandWorker(1, _ends, _book);
        // There is always more to read and always room: each run uses up its turn.
        using var zeros = File.OpenHandle("/dev/zero", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var (from, to) = ((int)zeros.DangerousGetHandle(), (int)nothing.DangerousGetHandle());
        one.Relay(from, to);
        one.Pump.Run(from);
        Assert.True(one.Pump.HasReady);
        var moved = one.State.Counters.Route(0).BytesFromUpstream;
        Release(from, to); // closed, and the next one has the same numbers

        two.Relay(from, to);
        two.Pump.Run(from);
        Assert.True(two.Pump.HasReady);
        var marks = _ends[from].Marks;
        one.Pump.RunReady();

        Assert.Equal((moved, marks, false), (one.State.Counters.Route(0).BytesFromUpstream, _ends[from].Marks, one.Pump.HasReady));
        two.Pump.RunReady();
        Assert.Equal(2 * moved, two.State.Counters.Route(0).BytesFromUpstream);

        Release(from, to);
        _ends.Trim();
        await Wait.ForTask("the turn of one whose page was given back", Task.Run(two.Pump.RunReady));
        Assert.False(two.Pump.HasReady);
    }

    [Fact]
    public void What_an_upstream_said_before_its_worker_looked_reaches_the_client_and_so_does_its_end()
    {
        using var worker = new HandWorker(0, _ends, _book);
        var route = Route();
        using var client = HandWorker.Connect(_door);
        var accepted = worker.Accept(_door, route);
        var upstream = worker.Dial(accepted, route, []);
        using var server = _upstream.Accept();
        server.Send("hi"u8);
        server.Shutdown(SocketShutdown.Send);
        HandWorker.AwaitEnd(upstream);

        const uint All = Linux.EventOut | Linux.EventIn | Linux.EventReadHangUp;
        Assert.Equal(All, worker.Answered(upstream) & All);

        var heard = new byte[10];
        Assert.Equal(2, client.Receive(heard));
        Assert.Equal("hi"u8.ToArray(), heard[..2]);
        Assert.Equal(0, client.Receive(heard));
        worker.Closer.Close(accepted, reset: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Connection_that_cannot_be_watched_is_reset(bool atOnce)
    {
        using var worker = new HandWorker(0, _ends, _book);
        var route = Route();
        using var client = HandWorker.Connect(_door);
        var accepted = worker.Accept(_door, route);
        // It is there by another mark: the system refuses to add it, as it does when an account has too many.
        Assert.True(worker.State.Epoll.Control(Linux.ControlAdd, accepted, 0, 1));
        var upstream = worker.Dial(accepted, route, atOnce ? Hello : []);
        using var server = _upstream.Accept();
        if (!atOnce)
        {
            worker.Answered(upstream);
        }

        Assert.Equal((EndPhase.Free, EndPhase.Free), (_ends[accepted].Phase, _ends[upstream].Phase));
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.Receive(new byte[1])).SocketErrorCode);
        Assert.Equal(0, worker.State.Counters.Route(route.Slot).Live);
        Assert.Equal(0, worker.State.Limits.All);
    }

    public void Dispose()
    {
        _door.Dispose();
        _upstream.Dispose();
        _ends.Dispose();
    }

    private Route Route()
    {
        _book.Swap([new RouteSpec("a", ["a.test"], [(IPEndPoint)_upstream.LocalEndPoint!])]);
        return _book.Current.Find("a.test")!;
    }

    private void Release(params int[] descriptors) => Array.ForEach(descriptors, _ends.Release);
}

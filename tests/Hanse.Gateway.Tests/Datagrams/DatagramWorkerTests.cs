using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Datagrams;
using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;
using static Hanse.Gateway.Tests.Datagrams.DatagramWorld;

namespace Hanse.Gateway.Tests.Datagrams;

public sealed class DatagramWorkerTests
{
    private const int Rounds = 8;

    [Fact]
    public void Forward_of_known_flows_allocates_nothing()
    {
        using var world = new DatagramWorld(); // for its sockets
        var (site, agents) = (world.Socket(), Enumerable.Range(0, 50).Select(_ => world.Socket()).ToArray());
        var book = new RouteBook();
        book.Swap([Route(1, site) with { ProxyProtocol = true }]);
        var routes = new DatagramRoutes(book.Current.Routes, 1);
        var counters = new DatagramCounters();
        using var worker = new DatagramWorker(counters, TimeSpan.FromMinutes(2), seed: 1, DatagramSocket.Sender);
        var place = new IPEndPoint(IPAddress.Loopback, FreePort());
        var door = DatagramSocket.Listen(place);
        try
        {
            // The runtime itself takes a little now and then, when it compiles anew; what the worker took would be taken in every round.
            var taken = Enumerable.Range(0, Rounds).Select(_ => Taken(agents, place, worker, door, routes)).ToArray();

            Assert.Contains(0, taken);
            Assert.Equal((Rounds * 50, 50), (counters.Forwarded, counters.Flows));
        }
        finally
        {
            _ = Linux.Close(door);
        }
    }

    /// <summary>A kernel without IPv6 gives no socket of it.</summary>
    [Fact]
    public void Forward_on_a_host_without_a_family_loses_that_familys_datagrams_alone()
    {
        using var world = new DatagramWorld(); // for its sockets
        var (site, far, agent) = (world.Socket(), world.Socket("::1"), world.Socket());
        var book = new RouteBook();
        book.Swap([Route(1, site), Route(2, far)]);
        var counters = new DatagramCounters();
        using var worker = new DatagramWorker(
            counters, TimeSpan.FromMinutes(2), seed: 1, family => family == AddressFamily.InterNetwork ? DatagramSocket.Sender(family) : -1);
        var place = new IPEndPoint(IPAddress.Loopback, FreePort());
        var door = DatagramSocket.Listen(place);
        try
        {
            agent.SendTo(Datagram(2, 1, 1), place);
            agent.SendTo(Datagram(1, 2, 1), place);
            Drain(worker, door, new DatagramRoutes(book.Current.Routes, 1));

            Assert.Equal(1, counters.Unsent);
            Assert.True(site.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
        }
        finally
        {
            _ = Linux.Close(door);
        }
    }

    /// <summary>Bytes of the heap for one datagram of each agent.</summary>
    private static long Taken(Socket[] agents, IPEndPoint place, DatagramWorker worker, int door, DatagramRoutes routes)
    {
        Round(agents, place);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Drain(worker, door, routes);
        worker.Tidy(2);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Drain(DatagramWorker worker, int door, DatagramRoutes routes)
    {
        while (worker.Forward(door, routes, now: 1))
        {
            // Loopback delivers before the sender returns: what was sent is there.
        }
    }

    private static void Round(Socket[] agents, IPEndPoint place)
    {
        for (var i = 0; i < agents.Length; i++)
        {
            agents[i].SendTo(Datagram(1, (ulong)i + 1, 1), place);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return Place(socket).Port;
    }
}

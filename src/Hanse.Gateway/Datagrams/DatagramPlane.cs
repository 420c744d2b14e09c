using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Datagrams;

/// <summary>Forwards datagrams by their route id: one thread over the UDP sockets beside the relay's listeners. Everything here may be called from any thread.</summary>
internal sealed class DatagramPlane : IDisposable
{
    /// <summary>A host tells something every few seconds; who was silent for so long begins anew.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(2);
    private const int WaitMilliseconds = 500;

    /// <summary>Batches of one socket before the others have their turn.</summary>
    private const int Turn = 64;
    private readonly GatewayLog _log;
    private readonly Thread _thread;
    private List<int> _sockets = [];
    private readonly RouteBook _book;
    private bool _stopping;

    internal DatagramPlane(RouteBook book, GatewayLog log)
    {
        (_book, _log) = (book, log);
        _thread = new Thread(Run) { IsBackground = true, Name = "datagrams" };
    }

    internal DatagramCounters Counters { get; } = new();

    /// <summary>The descriptors it receives from.</summary>
    internal IReadOnlyList<int> Sockets => _sockets;

    /// <summary>Receives beside each of the relay's listeners, at the same address and port number. A port that cannot be had is told: hosts then report over their
    /// links. Sockets that another process handed over are taken as they are.</summary>
    internal void Start(IReadOnlyList<int> listeners, IReadOnlyList<int>? taken = null)
    {
        _sockets = taken is { Count: > 0 } ? [.. taken] : Open(listeners.Select(DatagramSocket.PlaceOf));
        if (_sockets.Count > 0)
        {
            _thread.Start();
        }
    }

    private List<int> Open(IEnumerable<IPEndPoint> listen)
    {
        var sockets = new List<int>();
        foreach (var place in listen)
        {
            try
            {
                sockets.Add(DatagramSocket.Listen(place));
            }
            catch (IOException refused)
            {
                _log.Warning("no-datagrams", refused.Message);
            }
        }

        return sockets;
    }

    private void Run()
    {
        using var epoll = new Epoll();
        using var worker = new DatagramWorker(Counters, Idle, BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(8)), DatagramSocket.Sender);
        foreach (var socket in _sockets)
        {
            epoll.Control(Linux.ControlAdd, socket, Linux.EventIn, (ulong)socket);
        }

        var (table, routes) = (RouteTable.Empty, new DatagramRoutes([], 0));
        while (!Volatile.Read(ref _stopping))
        {
            var ready = epoll.Wait(WaitMilliseconds);
            var now = Environment.TickCount64;
            if (!ReferenceEquals(_book.Current, table))
            {
                // In force from the next datagram on; flows keep their target where it is still there.
                table = _book.Current;
                routes = new DatagramRoutes(table.Routes, routes.Version + 1);
            }

            for (var i = 0; i < ready; i++)
            {
                for (var turn = 0; turn < Turn && worker.Forward((int)epoll.Data(i), routes, now); turn++)
                {
                    // Until it is empty, or the others are due.
                }
            }

            worker.Tidy(now);
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _stopping, true);
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        foreach (var socket in _sockets)
        {
            _ = Linux.Close(socket);
        }
    }
}

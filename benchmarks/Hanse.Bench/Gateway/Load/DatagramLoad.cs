using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Hanse.Gateway.Native;
using Hanse.Protocol.Datagrams;

namespace Hanse.Bench.Gateway.Load;

/// <summary>Datagrams of many flows, each from a socket of its own, in the form of a host's; and the site's end, which counts them.</summary>
internal static unsafe class DatagramLoad
{
    private const int Bytes = 200;
    private const int Burst = 5;
    private const int LevelUdp = 17;
    private const int SegmentSize = 103;
    private const int CountAtOnce = 512;
    private static readonly TimeSpan Telling = TimeSpan.FromMilliseconds(200);

    /// <summary>Who is later than that does not make up for it: it would be another load.</summary>
    private static readonly TimeSpan MostLate = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends evenly over all flows; how many in all, and a second.</summary>
    internal static void Send(int port, int flows, int perSecond, TimeSpan window, uint routeId)
    {
        var place = LoadSocket.Place(port);
        var sockets = Enumerable.Range(0, flows).Select(_ => LoadSocket.Dial(place, DatagramCalls.Datagram)).ToArray();
        var datagrams = (byte*)NativeMemory.AllocZeroed((nuint)flows, Burst * Bytes);
        for (var at = 0; at < flows * Burst; at++)
        {
            new DatagramHeader(routeId, (ulong)(at / Burst), 1).Write(new Span<byte>(datagrams + (at * Bytes), Bytes));
        }

        // The system cuts what it is given into datagrams: it is the relay that is loaded, not the sender.
        var size = Bytes;
        foreach (var socket in sockets)
        {
            _ = Linux.SetOption(socket, LevelUdp, SegmentSize, &size, sizeof(int));
        }

        var (began, sent, bursts, late) = (Stopwatch.GetTimestamp(), 0L, 0L, TimeSpan.Zero);
        var each = TimeSpan.FromSeconds(1) * Burst / ((double)flows * perSecond);
        using var pause = new ManualResetEventSlim();
        for (var elapsed = TimeSpan.Zero; elapsed < window; elapsed = Stopwatch.GetElapsedTime(began))
        {
            var behind = elapsed - late - (each * bursts);
            if (behind > MostLate)
            {
                late += behind - MostLate;
            }
            else if (behind < TimeSpan.Zero)
            {
                pause.Wait(TimeSpan.FromMilliseconds(1));
                continue;
            }

            var flow = (int)(bursts++ % flows);
            sent += Math.Max(0, Linux.Send(sockets[flow], datagrams + (flow * Burst * Bytes), Burst * Bytes, Linux.NoSignal)) / Bytes;
        }

        LoadVerb.Done(sent, sent / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Counts what comes, and tells now and then, until this process is ended.</summary>
    internal static void Count(int port)
    {
        var socket = DatagramSocket.Listen(new IPEndPoint(IPAddress.Loopback, port));
        using var epoll = new Epoll();
        _ = epoll.Control(Linux.ControlAdd, socket, Linux.EventIn, 0);
        var buffer = (byte*)NativeMemory.Alloc(Bytes);
        var vector = new Linux.IoVector { Base = buffer, Length = Bytes };
        var messages = (DatagramCalls.Message*)NativeMemory.AllocZeroed(CountAtOnce, (nuint)sizeof(DatagramCalls.Message));
        for (var i = 0; i < CountAtOnce; i++)
        {
            messages[i].Header = new Linux.MessageHeader { Vectors = &vector, VectorCount = 1 };
        }

        LoadVerb.Say("ready");
        for (var (count, told) = (0L, Stopwatch.GetTimestamp()); ;)
        {
            if (epoll.Wait((int)Telling.TotalMilliseconds) > 0)
            {
                count += Math.Max(0, DatagramCalls.Receive(socket, messages, CountAtOnce, Linux.DontWait, null));
            }

            if (Stopwatch.GetElapsedTime(told) >= Telling)
            {
                told = Stopwatch.GetTimestamp();
                LoadVerb.Say($"tick {count}");
            }
        }
    }
}

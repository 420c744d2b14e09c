using System.Diagnostics;
using System.Runtime.InteropServices;
using Hanse.Gateway.Native;

namespace Hanse.Bench.Gateway.Load;

/// <summary>Loads of connections: idle ones, bulk, ping-pong, and ever new ones. Each tells its figures in one line.</summary>
internal static unsafe partial class LinkLoad
{
    /// <summary>The first moments, in which programs warm up and windows open, do not count.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(300);
    private const int SetFlags = 4;
    private const int MessageBytes = 64;
    private const int MostLatencies = 8_000_000;

    /// <summary>Idle ones, until this process is ended.</summary>
    internal static void Hold(Clients clients, int count)
    {
        clients.Open(count);
        LoadVerb.Say("ready");
        using var never = new ManualResetEventSlim();
        never.Wait();
    }

    /// <summary>Writes of 64 KiB: gigabits a second in the window, and gigabytes of the whole run.</summary>
    internal static void Bulk(Clients clients, int count, TimeSpan window)
    {
        for (var i = 0; i < count; i++)
        {
            _ = Linux.FileControl(clients.Dial(Linux.EventOut), SetFlags, Linux.NonBlocking);
        }

        // Pages of a file in memory are not copied on their way: it is the relay that is loaded, not the sender.
        var file = MemoryFile("bulk", 0);
        _ = Linux.Write(file, clients.Buffer, Clients.BufferBytes);

        var (began, counted, all) = (Stopwatch.GetTimestamp(), 0L, 0L);
        for (var elapsed = TimeSpan.Zero; elapsed < Before + window; elapsed = Stopwatch.GetElapsedTime(began))
        {
            var events = clients.Epoll.Wait(100);
            for (var i = 0; i < events; i++)
            {
                var from = 0L;
                var sent = SendFile((int)clients.Epoll.Data(i), file, &from, Clients.BufferBytes);
                if (sent < 0 && *Linux.ErrorPlace() == Linux.TryAgain)
                {
                    continue;
                }

                if (sent <= 0)
                {
                    throw new IOException("A connection ended in the middle of bulk.");
                }

                all += sent;
                counted += elapsed >= Before ? sent : 0;
            }
        }

        LoadVerb.Done(counted * 8 / (Stopwatch.GetElapsedTime(began) - Before).TotalSeconds / 1e9, all / 1e9);
    }

    /// <summary>A message of 64 bytes there and back, one at a time a connection: microseconds of half of them, and of 99 %.</summary>
    internal static void PingPong(Clients clients, int count, TimeSpan window)
    {
        clients.Open(count);
        var (sent, got, latencies, n) = (new long[Clients.MostDescriptors], new int[Clients.MostDescriptors], new double[MostLatencies], 0);
        var began = Stopwatch.GetTimestamp();
        clients.Sockets.ForEach(Ping);
        while (Stopwatch.GetElapsedTime(began) < Before + window)
        {
            var events = clients.Epoll.Wait(100);
            for (var i = 0; i < events; i++)
            {
                var socket = (int)clients.Epoll.Data(i);
                var bytes = (int)clients.Read(socket);
                got[socket] += bytes > 0 ? bytes : throw new IOException("A connection ended in the middle of ping-pong.");
                if (got[socket] == MessageBytes)
                {
                    if (n < MostLatencies && Stopwatch.GetElapsedTime(began) >= Before)
                    {
                        latencies[n++] = Stopwatch.GetElapsedTime(sent[socket]).TotalMicroseconds;
                    }

                    Ping(socket);
                }
            }
        }

        Array.Sort(latencies, 0, n);
        LoadVerb.Done(latencies[n / 2], latencies[(int)(n * 0.99)], n);

        void Ping(int socket)
        {
            (sent[socket], got[socket]) = (Stopwatch.GetTimestamp(), 0);
            _ = Linux.Send(socket, clients.Buffer, MessageBytes, Linux.NoSignal);
        }
    }

    /// <summary>Dial, hello, the upstream's first byte, end; so many at a time. How many a second, and how many got no byte.</summary>
    internal static void Connect(Clients clients, int atOnce, TimeSpan window)
    {
        var (began, counted, failed, all) = (Stopwatch.GetTimestamp(), 0, 0, 0);
        for (var i = 0; i < atOnce; i++)
        {
            clients.Dial(Linux.EventIn);
        }

        for (var elapsed = TimeSpan.Zero; elapsed < Before + window; elapsed = Stopwatch.GetElapsedTime(began))
        {
            var events = clients.Epoll.Wait(100);
            for (var i = 0; i < events; i++)
            {
                var socket = (int)clients.Epoll.Data(i);
                var answered = clients.Read(socket) > 0;
                _ = Linux.Close(socket);
                failed += answered ? 0 : 1;
                counted += answered && elapsed >= Before ? 1 : 0;
                all++;
                clients.Dial(Linux.EventIn);
            }
        }

        LoadVerb.Done(counted / (Stopwatch.GetElapsedTime(began) - Before).TotalSeconds, failed, all);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "sendfile")]
    private static partial nint SendFile(int to, int from, long* offset, nint count);
}

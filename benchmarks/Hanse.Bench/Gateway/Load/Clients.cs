using System.Runtime.InteropServices;
using Hanse.Gateway.Native;

namespace Hanse.Bench.Gateway.Load;

/// <summary>Connections to one place, each with a ClientHello at its head, and one epoll instance over them. For one thread.</summary>
internal sealed unsafe class Clients(int port, string name) : IDisposable
{
    internal const int BufferBytes = 65536;

    /// <summary>Descriptors of a process: what is kept for each is indexed by it.</summary>
    internal const int MostDescriptors = 20_000;
    private const int AtOnce = 128;
    private const int PatienceMilliseconds = 15_000;
    private readonly byte[] _place = LoadSocket.Place(port);
    private readonly byte[] _hello = Hellos.Real(name);

    internal Epoll Epoll { get; } = new();

    internal List<int> Sockets { get; } = [];

    internal byte* Buffer { get; } = (byte*)NativeMemory.AllocZeroed(BufferBytes);

    /// <summary>Dials and says the hello; what answers is an event.</summary>
    internal int Dial(uint events)
    {
        var socket = LoadSocket.Dial(_place);
        LoadSocket.Say(socket, _hello);
        _ = Epoll.Control(Linux.ControlAdd, socket, events, (ulong)socket);
        return socket;
    }

    /// <summary>Opens so many to an upstream that sends back what comes; each is up when it has its own hello back.</summary>
    /// <exception cref="IOException">One ended, or none comes up any more.</exception>
    internal void Open(int count)
    {
        var missing = new Dictionary<int, int>();
        while (Sockets.Count < count)
        {
            while (missing.Count < AtOnce && missing.Count + Sockets.Count < count)
            {
                missing[Dial(Linux.EventIn)] = _hello.Length;
            }

            var events = Epoll.Wait(PatienceMilliseconds);
            if (events == 0)
            {
                throw new IOException($"Of {count} connections {Sockets.Count} came up, and no more.");
            }

            for (var i = 0; i < events; i++)
            {
                var socket = (int)Epoll.Data(i);
                var got = (int)Read(socket);
                if (got <= 0)
                {
                    throw new IOException($"A connection ended before it was up; {Sockets.Count} of {count} are.");
                }

                missing[socket] -= got;
                if (missing[socket] <= 0)
                {
                    missing.Remove(socket);
                    Sockets.Add(socket);
                }
            }
        }
    }

    /// <summary>What is there, into the buffer: its length, 0 at the end, -1 after a reset.</summary>
    internal nint Read(int socket) => Linux.Receive(socket, Buffer, BufferBytes, Linux.DontWait);

    public void Dispose()
    {
        Epoll.Dispose();
        NativeMemory.Free(Buffer);
    }
}

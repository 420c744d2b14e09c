using System.Runtime.InteropServices;
using Hanse.Gateway.Hello;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>What the stages of one worker share. Its thread alone touches it, but for the counters, which others read.</summary>
internal sealed unsafe class WorkerState(int number, RelayOptions options, EndTable ends, RouteBook book, RelayLimits limits) : IDisposable
{
    private uint _life;

    internal byte Number { get; } = (byte)number;

    internal RelayOptions Options { get; } = options;

    internal EndTable Ends { get; } = ends;

    internal RouteBook Book { get; } = book;

    internal RelayLimits Limits { get; } = limits;

    internal Epoll Epoll { get; } = new();

    internal PipePool Pipes { get; } = new();

    internal WorkerCounters Counters { get; } = new();

    internal TimerList Hellos { get; } = new(ends, options.HelloDeadline);

    internal TimerList Dials { get; } = new(ends, options.DialDeadline);

    /// <summary>Small messages pass through here, and hellos are looked at in it. Nothing stays in it from one call to the next.</summary>
    internal byte* Buffer { get; } = (byte*)NativeMemory.Alloc(BufferSize);

    /// <summary>Where a hello in several records is put together.</summary>
    internal byte* Scratch { get; } = (byte*)NativeMemory.Alloc(ClientHello.Longest);

    internal const int BufferSize = ClientHello.LongestWire;

    /// <summary>The worker's clock, in milliseconds; set once a turn.</summary>
    internal long Now { get; set; }

    /// <summary>The thread's error number.</summary>
    internal int Error => *ErrorPlace;

    /// <summary>Set by the worker's thread at its start.</summary>
    internal int* ErrorPlace { get; set; }

    internal ref End Begin(int descriptor, EndPhase phase, EndMarks marks)
    {
        ref var end = ref Ends.Take(descriptor);
        end.Marks = marks;
        end.Phase = phase;
        end.Worker = Number;
        // Never 0: that is an end in no use, and in events the mark of what is no end.
        _life = Math.Max(unchecked(_life + 1), 1);
        end.Life = _life;
        end.Peer = -1;
        end.Held = 0;
        end.Route = -1;
        end.Upstream = -1;
        end.Source = -1;
        end.Tried = 0;
        return ref end;
    }

    /// <summary>True while this use of the end goes on, in this worker.</summary>
    internal bool Holds(in End end, uint life) => end.Life == life && end.Worker == Number;

    /// <summary>A client leaves the first stage: its hello is whole, or it goes.</summary>
    internal void LeaveHello(int client, ref End end)
    {
        Hellos.Leave(client);
        Counters.Greeting--;
        if (end.Has(EndMarks.HelloAwaited))
        {
            end.Clear(EndMarks.HelloAwaited);
            Limits.HelloCame(end.Source);
        }
    }

    /// <summary>Watches an end for bytes, and for room where that is asked; once, by edges. False when the system has no room for another watch.</summary>
    internal bool Watch(int descriptor, ref End end, bool room)
    {
        var operation = end.Has(EndMarks.Watched) ? Linux.ControlModify : Linux.ControlAdd;
        var forRoom = room || end.Has(EndMarks.WatchedOut);
        var flags = Linux.EventIn | Linux.EventReadHangUp | Linux.EventEdge | (forRoom ? Linux.EventOut : 0);
        if (!Epoll.Control(operation, descriptor, flags, ((ulong)end.Life << 32) | (uint)descriptor))
        {
            return false;
        }

        end.Set(forRoom ? EndMarks.Watched | EndMarks.WatchedOut : EndMarks.Watched);
        return true;
    }

    public void Dispose()
    {
        Epoll.Dispose();
        Pipes.Dispose();
        Counters.Dispose();
        NativeMemory.Free(Buffer);
        NativeMemory.Free(Scratch);
    }
}

using Hanse.Gateway.Native;

namespace Hanse.Gateway.Relay;

/// <summary>Moves bytes from one end to its peer: small ones through the worker's buffer, bulk by <c>splice</c> through a pipe, which holds what the peer
/// did not take. Nothing is read while the peer takes nothing, so that the sender's own window closes (back-pressure).</summary>
internal sealed unsafe class Pump(WorkerState state, Closer closer)
{
    /// <summary>What one end may move in a turn before others have theirs.</summary>
    private const int Turn = 1 << 20;

    /// <summary>A read that brings less is no bulk.</summary>
    private const int SmallRead = 16384;

    private const int SpliceMost = 1 << 20;

    // By life: an end that was closed since may be another worker's by now.
    private List<(int Descriptor, uint Life)> _ready = [];
    private List<(int Descriptor, uint Life)> _running = [];

    /// <summary>True when an end waits for its next turn.</summary>
    internal bool HasReady => _ready.Count > 0;

    /// <summary>Everything that has waited since the last turn.</summary>
    internal void RunReady()
    {
        if (!HasReady)
        {
            return;
        }

        (_running, _ready) = (_ready, _running);
        foreach (var (descriptor, life) in _running)
        {
            ref var end = ref state.Ends[descriptor];
            if (state.Holds(in end, life))
            {
                end.Clear(EndMarks.Queued);
                Run(descriptor);
            }
        }

        _running.Clear();
    }

    /// <summary>Moves what is there from this end to its peer, and the end after it; the connection may be closed after this.</summary>
    internal void Run(int from)
    {
        ref var source = ref state.Ends[from];
        var to = source.Peer;
        ref var target = ref state.Ends[to];
        source.Since = target.Since = (uint)(state.Now / 1000);
        for (var moved = 0; moved < Turn;)
        {
            if (source.Held > 0)
            {
                if (!Empty(ref source, to, ref target, from))
                {
                    return;
                }
            }
            else if (source.Has(EndMarks.Ended))
            {
                Finish(from, ref source, to, ref target);
                return;
            }
            else if (!source.Has(EndMarks.Readable) || target.Has(EndMarks.Blocked))
            {
                return;
            }
            else
            {
                var count = source.Has(EndMarks.Bulk) ? Fill(from, ref source) : Copy(from, ref source, to, ref target);
                if (count < 0)
                {
                    return;
                }

                moved += count;
            }
        }

        Queue(from, ref source);
    }

    private void Queue(int descriptor, ref End end)
    {
        if (!end.Has(EndMarks.Queued))
        {
            end.Set(EndMarks.Queued);
            _ready.Add((descriptor, end.Life));
        }
    }

    /// <summary>The end's last byte has been passed on: its peer is told, and when both have ended the connection is over.</summary>
    private void Finish(int from, ref End source, int to, ref End target)
    {
        if (!target.Has(EndMarks.Shut))
        {
            target.Set(EndMarks.Shut);
            if (source.Has(EndMarks.Shut))
            {
                closer.Close(from, reset: false);
                return;
            }

            _ = Linux.Shutdown(to, Linux.ShutWrite);
        }
    }

    /// <summary>From the end to its pipe, in the kernel. The count, 0 at the last byte, -1 when there is nothing or the connection broke.</summary>
    private int Fill(int from, ref End source)
    {
        if (!state.Pipes.TryTake(out source.Pipe))
        {
            source.Clear(EndMarks.Bulk);
            return 0;
        }

        var count = (int)Linux.Splice(from, null, source.Pipe.In, null, SpliceMost, Linux.SpliceMove | Linux.SpliceNonBlocking);
        if (count > 0)
        {
            source.Held = count;
            Count(ref source, count);
            if (count < SmallRead)
            {
                source.Clear(EndMarks.Bulk);
            }

            return count;
        }

        var error = state.Error;
        state.Pipes.Return(source.Pipe);
        return Stopped(from, ref source, count, error);
    }

    /// <summary>From the pipe to the peer. True when it is empty.</summary>
    private bool Empty(ref End source, int to, ref End target, int from)
    {
        while (source.Held > 0)
        {
            var count = (int)Linux.Splice(source.Pipe.Out, null, to, null, source.Held, Linux.SpliceMove | Linux.SpliceNonBlocking);
            if (count <= 0)
            {
                if (count < 0 && state.Error == Linux.TryAgain)
                {
                    Block(to, ref target);
                }
                else
                {
                    closer.Abort(to);
                }

                return false;
            }

            source.Held -= count;
        }

        state.Pipes.Return(source.Pipe);
        return true;
    }

    /// <summary>From the end to its peer through memory: two calls for a small message. The count as of <see cref="Fill"/>.</summary>
    private int Copy(int from, ref End source, int to, ref End target)
    {
        // What the peer does not take must have a place. Without one the bytes are only looked at, and taken when the peer has them.
        if (!state.Pipes.TryTake(out var spare))
        {
            return CopyLooking(from, ref source, to, ref target);
        }

        var count = (int)Linux.Receive(from, state.Buffer, WorkerState.BufferSize, Linux.DontWait);
        if (count <= 0)
        {
            var error = state.Error;
            state.Pipes.Return(spare);
            return Stopped(from, ref source, count, error);
        }

        Arrived(ref source, count);
        var sent = (int)Linux.Send(to, state.Buffer, count, Linux.DontWait | Linux.NoSignal);
        if (sent == count)
        {
            state.Pipes.Return(spare);
            return count;
        }

        var failed = state.Error;
        if (sent < 0 && failed != Linux.TryAgain)
        {
            state.Pipes.Return(spare);
            closer.Abort(to);
            return -1;
        }

        sent = Math.Max(sent, 0);
        source.Pipe = spare;
        source.Held = (int)Linux.Write(spare.In, state.Buffer + sent, count - sent);
        if (source.Held != count - sent)
        {
            // It was empty and has room for twice as much: the system is out of memory, bytes are lost, and with them the connection.
            source.Held = Math.Max(source.Held, 1);
            closer.Abort(to);
            return -1;
        }

        Block(to, ref target);
        return -1;
    }

    private int CopyLooking(int from, ref End source, int to, ref End target)
    {
        var count = (int)Linux.Receive(from, state.Buffer, WorkerState.BufferSize, Linux.DontWait | Linux.Peek);
        if (count <= 0)
        {
            return Stopped(from, ref source, count, state.Error);
        }

        var sent = (int)Linux.Send(to, state.Buffer, count, Linux.DontWait | Linux.NoSignal);
        if (sent < 0 && state.Error != Linux.TryAgain)
        {
            closer.Abort(to);
            return -1;
        }

        if (sent > 0)
        {
            _ = Linux.Receive(from, null, sent, Linux.DontWait | Linux.Truncate);
            Count(ref source, sent);
        }

        if (sent < count)
        {
            Block(to, ref target);
            return -1;
        }

        return count;
    }

    /// <summary>A read brought no bytes: there are none now, there are none any more, or the connection broke.</summary>
    private int Stopped(int from, ref End source, int count, int error)
    {
        if (count == 0)
        {
            source.Set(EndMarks.Ended);
            return 0;
        }

        if (error is Linux.TryAgain or Linux.Interrupted)
        {
            source.Clear(EndMarks.Readable | EndMarks.Bulk);
            return -1;
        }

        closer.Abort(from);
        return -1;
    }

    private void Arrived(ref End source, int count)
    {
        Count(ref source, count);
        if (count == WorkerState.BufferSize)
        {
            source.Set(EndMarks.Bulk);
        }
        else if (!source.Has(EndMarks.HangUp))
        {
            // A read that had room to spare emptied the socket: the next byte is an event of its own.
            source.Clear(EndMarks.Readable);
        }
    }

    private void Count(ref End source, int count)
    {
        ref var route = ref state.Counters.Route(source.Route);
        if (source.Has(EndMarks.Client))
        {
            route.BytesFromClient += count;
        }
        else
        {
            route.BytesFromUpstream += count;
        }
    }

    private void Block(int to, ref End target)
    {
        target.Set(EndMarks.Blocked);
        if (!target.Has(EndMarks.WatchedOut))
        {
            _ = state.Watch(to, ref target, room: true);
        }
    }
}

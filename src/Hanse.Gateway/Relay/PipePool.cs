using Hanse.Gateway.Native;

namespace Hanse.Gateway.Relay;

/// <summary>Empty pipes of one worker. A connection has one only while bytes are in it, so that a few serve thousands.</summary>
internal sealed unsafe class PipePool : IDisposable
{
    private const int MostIdle = 64;
    private const int LeastIdle = 2;

    // The pipes that are used again and again are large: fewer calls and fewer wake-ups for the same bytes. What an account may have of them is bounded.
    private const int MostLarge = 16;
    private const int LargeBytes = 1 << 20;

    private readonly Pipe[] _idle = new Pipe[MostIdle];
    private int _count;
    private int _least;
    private int _large;

    /// <summary>A pipe of 64 KiB or more. False when the system gives no more such: the caller goes on without one.</summary>
    internal bool TryTake(out Pipe pipe)
    {
        if (_count > 0)
        {
            pipe = _idle[--_count];
            _least = Math.Min(_least, _count);
            return true;
        }

        _least = 0;
        fixed (Pipe* place = &pipe)
        {
            if (Linux.Pipe((int*)place, Linux.NonBlocking | Linux.CloseOnExec) != 0)
            {
                return false;
            }
        }

        if (_large < MostLarge && Linux.FileControl(pipe.Out, Linux.SetPipeSize, LargeBytes) >= LargeBytes)
        {
            _large++;
            return true;
        }

        // An account with too many pipes gets small ones, which could not hold what a peer leaves of the worker's buffer.
        if (Linux.FileControl(pipe.Out, Linux.GetPipeSize, 0) >= WorkerState.BufferSize * 2)
        {
            return true;
        }

        Close(pipe);
        return false;
    }

    /// <summary>Takes back an empty pipe.</summary>
    internal void Return(Pipe pipe)
    {
        if (_count < MostIdle)
        {
            _idle[_count++] = pipe;
        }
        else
        {
            Close(pipe);
        }
    }

    /// <summary>Closes those that were not needed since the last time.</summary>
    internal void Trim()
    {
        for (var spare = _least - LeastIdle; spare > 0; spare--)
        {
            Close(_idle[--_count]);
        }

        _least = _count;
    }

    /// <summary>Closes one, and drops what is in it.</summary>
    internal void Close(Pipe pipe)
    {
        // One that another process made was not counted.
        _large -= _large > 0 && Linux.FileControl(pipe.Out, Linux.GetPipeSize, 0) >= LargeBytes ? 1 : 0;
        _ = Linux.Close(pipe.Out);
        _ = Linux.Close(pipe.In);
    }

    public void Dispose()
    {
        while (_count > 0)
        {
            Close(_idle[--_count]);
        }
    }
}

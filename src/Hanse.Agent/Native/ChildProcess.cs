using System.Runtime.InteropServices;
using System.Text;

namespace Hanse.Agent.Native;

/// <summary>A child in a session of its own, its output pumped to a sink by one thread. Guarantees: a signal never reaches another
/// process that got the same id; when the child ends, what is left of its process group is killed before its id can be
/// used again; the sink is not called after <see cref="Drained"/>.</summary>
internal sealed unsafe class ChildProcess : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int PollMilliseconds = 50;
    private readonly Lock _gate = new();
    private readonly IChildOutput _sink;
    private readonly int[] _outputs;
    private readonly TaskCompletionSource<ChildExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stdin;
    private bool _reaped;
    private volatile bool _abandoned;

    private ChildProcess(int pid, int stdin, int[] outputs, IChildOutput sink)
    {
        (Pid, _stdin, _outputs, _sink) = (pid, stdin, outputs, sink);
        StartTicks = ProcessTable.StartTicks(pid) ?? 0;
    }

    internal int Pid { get; }

    /// <summary>Start time in clock ticks since boot: with the id it names a process for as long as the machine runs.</summary>
    internal long StartTicks { get; }

    /// <summary>The end of the child itself; its descendants may live on.</summary>
    internal Task<ChildExit> Exited => _exited.Task;

    /// <summary>Both streams are at their end, or were abandoned, after the exit.</summary>
    internal Task Drained => _drained.Task;

    /// <exception cref="SpawnException">The system refused.</exception>
    internal static ChildProcess Start(ChildStart start, IChildOutput sink)
    {
        (int Read, int Write) stdin = start.Gated ? NewPipe() : (-1, -1);
        var stdout = NewPipe();
        var stderr = NewPipe();
        try
        {
            var pid = Spawn.Start(start, stdin.Read, stdout.Write, stderr.Write);
            var child = new ChildProcess(pid, stdin.Write, [stdout.Read, stderr.Read], sink);
            new Thread(child.Pump, 256 * 1024) { IsBackground = true, Name = $"child {pid}" }.Start();
            return child;
        }
        catch
        {
            CloseAll(stdin.Write, stdout.Read, stderr.Read);
            throw;
        }
        finally
        {
            CloseAll(stdin.Read, stdout.Write, stderr.Write);
        }
    }

    /// <summary>Writes one line to a gated child's stdin and closes it. False if the child is gone.</summary>
    internal bool Release(string line)
    {
        lock (_gate)
        {
            if (_stdin < 0)
            {
                return false;
            }

            var bytes = Encoding.UTF8.GetBytes(line + "\n");
            fixed (byte* data = bytes)
            {
                var written = Libc.Write(_stdin, data, bytes.Length);
                CloseAll(_stdin);
                _stdin = -1;
                return written == bytes.Length;
            }
        }
    }

    /// <summary>Signals the child's whole process group, unless the child has already been reaped.</summary>
    internal void SignalGroup(int signal)
    {
        lock (_gate)
        {
            if (!_reaped)
            {
                _ = Libc.Kill(-Pid, signal);
            }
        }
    }

    /// <summary>Stops reading once the child itself has ended: a process that escaped may hold a stream open for ever.</summary>
    internal void AbandonOutput() => _abandoned = true;

    public void Dispose()
    {
        lock (_gate)
        {
            CloseAll(_stdin);
            _stdin = -1;
        }

        SignalGroup(Libc.SigKill);
        AbandonOutput();
    }

    private void Pump()
    {
        var buffer = new byte[BufferSize];
        while (true)
        {
            var open = _outputs.Any(o => o >= 0);
            if (!_exited.Task.IsCompleted)
            {
                TryReap(block: !open);
            }
            else if (!open || _abandoned)
            {
                break;
            }

            if (open)
            {
                ReadReady(buffer);
            }
        }

        CloseAll(_outputs);
        _drained.TrySetResult();
    }

    private void ReadReady(byte[] buffer)
    {
        var entries = stackalloc Libc.PollEntry[2];
        for (var i = 0; i < 2; i++)
        {
            entries[i] = new Libc.PollEntry { Descriptor = _outputs[i], Events = Libc.PollIn };
        }

        if (Libc.Poll(entries, 2, PollMilliseconds) <= 0)
        {
            return;
        }

        for (var i = 0; i < 2; i++)
        {
            if ((entries[i].Results & (Libc.PollIn | Libc.PollHangUpOrError)) != 0)
            {
                ReadOne(i, buffer);
            }
        }
    }

    private void ReadOne(int index, byte[] buffer)
    {
        nint count;
        fixed (byte* data = buffer)
        {
            count = Libc.Read(_outputs[index], data, buffer.Length);
        }

        if (count > 0)
        {
            var span = buffer.AsSpan(0, (int)count);
            if (index == 0)
            {
                _sink.Stdout(span);
            }
            else
            {
                _sink.Stderr(span);
            }
        }
        else if (count == 0 || Marshal.GetLastPInvokeError() is not (Libc.Interrupted or Libc.TryAgain))
        {
            CloseAll(_outputs[index]);
            _outputs[index] = -1;
        }
    }

    private void TryReap(bool block)
    {
        // First look without reaping, so that the id stays taken while the group is ended.
        const int processId = 1;
        var info = stackalloc byte[128];
        new Span<byte>(info, 128).Clear();
        var found = Libc.WaitId(processId, Pid, info, Libc.WaitExited | Libc.WaitNoWait | (block ? 0 : Libc.NoHang));
        var signalled = *(int*)info != 0;
        if (found == 0 && !signalled)
        {
            return;
        }

        if (found != 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
        {
            return;
        }

        lock (_gate)
        {
            int status;
            _ = Libc.Kill(-Pid, Libc.SigKill);
            var reaped = Libc.WaitPid(Pid, &status, 0);
            _reaped = true;
            // No status to be had means that someone else reaped it: that end is reported as an unknown failure, not as success.
            _exited.TrySetResult(reaped == Pid ? ChildExit.FromStatus(status) : new ChildExit(255, 0));
        }
    }

    private static (int Read, int Write) NewPipe()
    {
        var ends = stackalloc int[2];
        return Libc.Pipe(ends, Libc.CloseOnExec) == 0
            ? (ends[0], ends[1])
            : throw new SpawnException("Making a pipe", Marshal.GetLastPInvokeError());
    }

    private static void CloseAll(params ReadOnlySpan<int> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            if (descriptor >= 0)
            {
                _ = Libc.Close(descriptor);
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hanse.Gateway.Native;

namespace Hanse.Gateway.Relay;

/// <summary>The ends of all workers, by descriptor. Memory is the kernel's, touched where descriptors are in use, and given back when they are not.</summary>
internal sealed unsafe class EndTable : IDisposable
{
    private const int PageSize = 4096;

    // Beyond a million descriptors nobody asks for a table: it would be 64 MiB of addresses, not of memory.
    private const int MostEnds = 1 << 20;
    private static readonly int EndsAPage = PageSize / sizeof(End);
    private readonly End* _ends;
    private readonly int[] _used;
    private readonly bool[] _touched;

    internal EndTable()
    {
        Capacity = RaiseFileLimit();
        _used = new int[(Capacity / EndsAPage) + 1];
        _touched = new bool[_used.Length];
        var place = Linux.Map(0, Size, Linux.ProtectReadWrite, Linux.MapPrivateAnonymous | Linux.MapNoReserve, -1, 0);
        if (place == -1)
        {
            throw new IOException($"The system gives no address space for {Capacity} descriptors (error {Marshal.GetLastPInvokeError()}).");
        }

        _ends = (End*)place;
    }

    /// <summary>Descriptors below this number have a place.</summary>
    internal int Capacity { get; }

    private nuint Size => (nuint)(_used.Length * PageSize);

    internal ref End this[int descriptor]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _ends[descriptor];
    }

    /// <summary>Begins the use of a place.</summary>
    internal ref End Take(int descriptor)
    {
        var page = descriptor / EndsAPage;
        ref var used = ref _used[page];
        while (true)
        {
            // Negative while the page is being given back.
            var count = Volatile.Read(ref used);
            if (count >= 0 && Interlocked.CompareExchange(ref used, count + 1, count) == count)
            {
                _touched[page] = true;
                return ref _ends[descriptor];
            }
        }
    }

    internal void Release(int descriptor)
    {
        ref var end = ref _ends[descriptor];
        (end.Phase, end.Life) = (EndPhase.Free, 0);
        Interlocked.Decrement(ref _used[descriptor / EndsAPage]);
    }

    /// <summary>The first descriptor from this one on whose page holds anything: a scan touches no page that is not in use.</summary>
    internal int NextUsed(int descriptor)
    {
        while (descriptor < Capacity && Volatile.Read(ref _used[descriptor / EndsAPage]) <= 0)
        {
            descriptor = ((descriptor / EndsAPage) + 1) * EndsAPage;
        }

        return descriptor;
    }

    /// <summary>Gives the pages without a use back to the system.</summary>
    internal void Trim()
    {
        for (var page = 0; page < _used.Length; page++)
        {
            if (_touched[page] && Interlocked.CompareExchange(ref _used[page], int.MinValue, 0) == 0)
            {
                _touched[page] = false;
                _ = Linux.Advise((nint)(_ends + (page * EndsAPage)), PageSize, Linux.DontNeed);
                Volatile.Write(ref _used[page], 0);
            }
        }
    }

    /// <summary>As many open files as the system allows this process; two are needed for a connection.</summary>
    private static int RaiseFileLimit()
    {
        Linux.ResourceLimit limit;
        if (Linux.GetLimit(Linux.LimitFiles, &limit) != 0)
        {
            return 1024;
        }

        var soft = limit.Soft;
        limit.Soft = limit.Hard;
        var raised = Linux.SetLimit(Linux.LimitFiles, &limit) == 0 ? limit.Hard : soft;
        return (int)Math.Min(raised, MostEnds);
    }

    public void Dispose() => _ = Linux.Unmap((nint)_ends, Size);
}

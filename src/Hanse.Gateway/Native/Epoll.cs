using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hanse.Gateway.Native;

/// <summary>One epoll instance and the events it last gave. Used by one thread.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int Most = 256;

    // The kernel's struct is packed on x86-64 alone.
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(Most, 16);
    private readonly int _descriptor;

    internal Epoll()
    {
        _descriptor = Linux.EpollCreate(Linux.CloseOnExec);
        if (_descriptor < 0)
        {
            throw new IOException($"The system gives no epoll instance (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    /// <summary>Waits for events, so many milliseconds at most; zero looks and does not wait. The count, which is 0 after a signal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Wait(int milliseconds)
    {
        var count = milliseconds == 0 ? Linux.EpollPoll(_descriptor, _events, Most, 0) : Linux.EpollWait(_descriptor, _events, Most, milliseconds);
        return Math.Max(count, 0);
    }

    internal uint Flags(int index) => *(uint*)(_events + (index * (DataAt + 8)));

    internal ulong Data(int index) => Unsafe.ReadUnaligned<ulong>(_events + (index * (DataAt + 8)) + DataAt);

    internal bool Control(int operation, int descriptor, uint flags, ulong data)
    {
        var change = stackalloc byte[16];
        *(uint*)change = flags;
        Unsafe.WriteUnaligned(change + DataAt, data);
        return Linux.EpollControl(_descriptor, operation, descriptor, change) == 0;
    }

    public void Dispose()
    {
        _ = Linux.Close(_descriptor);
        NativeMemory.Free(_events);
    }
}

using System.Runtime.InteropServices;

namespace Hanse.Server.Hosting;

/// <summary>Looks every few seconds whether <see cref="MemoryTrimPlanner"/> says it is time, and then (1) collects everything, (2) lets finalizers
/// free what lies outside the managed heap (certificates, TLS), (3) has the C library return its free pages. The pause is some tens of
/// milliseconds for each hundred megabytes alive, and comes when nobody waits. Started by the server's host; runs until cancelled.</summary>
internal sealed partial class MemoryTrimDriver(TimeProvider time)
{
    private long _atTrim;
    private long _atLook;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(MemoryTrimPlanner.Look, time, stop);
            var allocated = GC.GetTotalAllocatedBytes();
            if (MemoryTrimPlanner.IsDue(allocated - _atTrim, allocated - _atLook))
            {
                Trim();
                _atTrim = allocated;
            }

            _atLook = allocated;
        }
    }

    private static void Trim()
    {
        // 1
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // 2
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // 3
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such call, and keeps no such pages.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint pad);
}

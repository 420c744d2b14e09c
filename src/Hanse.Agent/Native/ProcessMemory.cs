namespace Hanse.Agent.Native;

/// <summary>Keeps the agent small between its work: a collection of inventory makes megabytes of short-lived garbage every quarter of an hour.</summary>
internal static class ProcessMemory
{
    private const int ArenaMaximum = -8;

    /// <summary>Before any thread is started: the C library would otherwise keep a heap for each.</summary>
    internal static void Limit() => IfThere(() => Libc.HeapOption(ArenaMaximum, 1));

    /// <summary>Gives unused memory back to the system.</summary>
    internal static void Release()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        IfThere(() => Libc.TrimHeap(0));
    }

    private static void IfThere(Func<int> call)
    {
        try
        {
            _ = call();
        }
        catch (EntryPointNotFoundException)
        {
            // musl has neither, and keeps no such heaps.
        }
    }
}

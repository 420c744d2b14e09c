namespace Hanse.Server.Hosting;

/// <summary>When a server gives back memory: once much was allocated since the last time, and it is quiet now. After thousands of agents came
/// back, what their handshakes left would otherwise stay until the next burst of work. Pure.</summary>
internal static class MemoryTrimPlanner
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>Bytes allocated since the last trim that are worth a full collection.</summary>
    public const long Worth = 256L * 1024 * 1024;

    /// <summary>Bytes allocated between two looks up to which a server counts as quiet: the heartbeats of ten thousand links and some work.</summary>
    public const long Quiet = 32L * 1024 * 1024;

    /// <param name="sinceTrim">Bytes allocated since the last trim, or the start.</param>
    /// <param name="sinceLook">Bytes allocated since the last look.</param>
    public static bool IsDue(long sinceTrim, long sinceLook) => sinceTrim >= Worth && sinceLook <= Quiet;
}

namespace Hanse.Agent.Commands;

/// <summary>Bounds of what an agent takes on. Each has a default that suits a small machine.</summary>
public sealed record ExecutionOptions
{
    /// <summary>Scripts that run at once; further ones wait for their turn until their deadline.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Between SIGTERM and SIGKILL.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For a script that names no timeout.</summary>
    public TimeSpan DefaultTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes kept of each stream of a script that names no limit.</summary>
    public int DefaultOutput { get; init; } = 1024 * 1024;

    /// <summary>Bytes kept of each stream at most, whatever a script names.</summary>
    public int MaximumOutput { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of body, arguments and environment together.</summary>
    public int MaximumScript { get; init; } = 4 * 1024 * 1024;

    /// <summary>Executions in the journal; at the bound new ones are rejected.</summary>
    public int MaximumExecutions { get; init; } = 10_000;

    /// <summary>Bytes of the journal and its outputs, with room reserved for what runs.</summary>
    public long MaximumBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Free bytes on the file system below which nothing new is taken.</summary>
    public long FreeFloor { get; init; } = 64L * 1024 * 1024;

    /// <summary>How long past its deadline an acknowledged execution is still answered for (D4).</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Use process groups even where a cgroup could be had.</summary>
    public bool WithoutCgroups { get; init; }
}

using Hanse.Agent.Logging;
using Hanse.Agent.Metrics;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Link;

/// <summary>How a session behaves, and what it runs on.</summary>
public sealed record AgentSessionOptions
{
    /// <summary>Between two collections; up to a tenth more or less, so that agents started together drift apart.</summary>
    public TimeSpan InventoryInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a request waits for the site's durable write.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a refused or unanswered request.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Between two reports of output while a script runs, so that many small writes travel together.</summary>
    public TimeSpan OutputPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Bytes of section bodies or output in one report: well below the link's frame limit.</summary>
    public int ReportBytes { get; init; } = 512 * 1024;

    /// <summary>Called when a round of inventory is done and the session rests.</summary>
    public Action? Resting { get; init; }

    /// <summary>Renews the certificate now; true once the new one is in use, durably. Without it the agent says that it cannot.</summary>
    public Func<CancellationToken, Task<bool>>? RenewNow { get; init; }

    /// <summary>Keeps the ways to the site that it tells; false for what is none. Without it the agent keeps to the one it has.</summary>
    public Func<SitePaths, bool>? KeepPaths { get; init; }

    /// <summary>What the host is doing; without it the agent tells nothing of it.</summary>
    public IMetricsFeed? Metrics { get; init; }

    public string SoftwareVersion { get; init; } = "";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public AgentLog Log { get; init; } = AgentLog.None;

    /// <summary>For jitter alone.</summary>
    public required Random Random { get; init; }
}

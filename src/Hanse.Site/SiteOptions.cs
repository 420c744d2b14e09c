using Hanse.Authority.Issuing;
using Hanse.Authority.Serving;
using Hanse.Site.Metrics;

namespace Hanse.Site;

/// <summary>What a site's process is told.</summary>
public sealed record SiteOptions
{
    /// <summary>Holds the site's keys and certificates (T1: made here, never sent). Made with mode 0700.</summary>
    public required string DataFolder { get; init; }

    public LifetimeOptions Lifetimes { get; init; } = new();

    /// <summary>After deadline and timeout of a command given here, how long an outcome may still take before it is unknown (D2).</summary>
    public TimeSpan CommandGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes that must be free on the data folder's disk for new work to be taken (U7): a few segments of PostgreSQL's log.</summary>
    public long DiskFloor { get; init; } = 128L * 1024 * 1024;

    /// <summary>How many records may wait for the coordinator before no new commands are taken (U7).</summary>
    public long OutboxBound { get; init; } = 1_000_000;

    /// <summary>How many acknowledged records older than seven days are kept when no backup of the coordinator covers them (U4, U7).</summary>
    public long OutboxKept { get; init; } = 1_000_000;

    /// <summary>How often the site counts its hosts for the coordinator's charts.</summary>
    public TimeSpan RollupInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Shown to agents and browsers in place of the site's own, under every name that it covers (T8); null: the site's own.</summary>
    public CustomCertificate? Certificate { get; init; }

    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>A coordinator runs in the same process, on the same data folder.</summary>
    public bool CoordinatorBeside { get; init; }

    public string IdentityFolder => Path.Combine(DataFolder, "identity");
}

namespace Hanse.Server.Configuration;

/// <summary>Of the site's role alone.</summary>
public sealed record SiteOptions
{
    /// <summary>The name a federation of one process gives its own site; elsewhere the invitation names the site.</summary>
    public string Name { get; init; } = "main";

    /// <summary>U7: bytes that must be free for new work.</summary>
    public long DiskFloor { get; init; } = 128L * 1024 * 1024;

    /// <summary>U7: records that may wait before no new commands are taken.</summary>
    public long OutboxBound { get; init; } = 1_000_000;

    /// <summary>U4, U7: records taken more than seven days ago that stay for a backup's sake.</summary>
    public long OutboxKept { get; init; } = 1_000_000;

    /// <summary>How often the site counts its hosts for the coordinator's charts.</summary>
    public TimeSpan RollupInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>PEM with its chain, for agents and browsers (T8); null: the site's own.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>Its key, readable by this account alone.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>What hosts may tell of what they are doing (privacy), when, and how long it is kept.</summary>
    public Hanse.Site.Metrics.MetricsOptions Metrics { get; init; } = new();

    /// <summary>The site's HTTPS port; null is <c>listen</c>, or beside a coordinator in one process the port after it.</summary>
    public ListenAddress? Listen { get; init; }
}

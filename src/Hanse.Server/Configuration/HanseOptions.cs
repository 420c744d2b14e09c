namespace Hanse.Server.Configuration;

/// <summary>Everything one <c>hanse</c> server process is told, after hanse.yaml, HANSE_… variables and flags were laid over each
/// other. Each value was checked; <see cref="ConfigurationKeys"/> is the list of keys, and docs/configuration.md its text.</summary>
public sealed record HanseOptions
{
    /// <summary>Empty until the verb (<c>hanse coordinator</c>, <c>hanse site</c>) or the configuration says.</summary>
    public IReadOnlyList<ServerRole> Roles { get; init; } = [];

    /// <summary>Absolute path.</summary>
    public string DataDir { get; init; } = DefaultFolders.Data();

    /// <summary>The one HTTPS port: links, API and console.</summary>
    public ListenAddress Listen { get; init; } = new("[::]", 7443);

    /// <summary>DNS names by which nodes and people reach this server; the first is the one that is handed out.</summary>
    public IReadOnlyList<string> ExternalNames { get; init; } = [];

    /// <summary>host:port pairs that nodes dial, in order; handed out in join strings.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public PostgresOptions Postgres { get; init; } = new();

    public CoordinatorOptions Coordinator { get; init; } = new();

    public SiteOptions Site { get; init; } = new();

    public TrustOptions Trust { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    public TelemetryOptions Telemetry { get; init; } = new();
}

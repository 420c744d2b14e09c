namespace Hanse.Server.Configuration;

/// <summary>Of the coordinator's role alone.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>The file that seals the root key (T7); null is <c>coordinator/federation.key</c> in the data folder. Each replica is given the same.</summary>
    public string? KeyFile { get; init; }

    /// <summary>How long after its deadline an execution with no outcome is given up as <c>unknown</c> (D2).</summary>
    public TimeSpan CommandGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a session of the API lasts.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>PEM with its chain, for API and console (T8); null: the federation's own.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>Its key, readable by this account alone.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>When in the night, UTC, the directory is compared with the sites.</summary>
    public TimeOnly ReconcileAt { get; init; } = new(3, 0);
}

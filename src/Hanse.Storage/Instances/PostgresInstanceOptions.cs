namespace Hanse.Storage.Instances;

/// <summary>How a private PostgreSQL is set up.</summary>
public sealed record PostgresInstanceOptions
{
    /// <summary>
    /// Holds everything of the instance (data, log, lock); made when missing. As root it is given to <see cref="Account"/>, which must be
    /// able to enter every folder above it (S1).
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>The databases to have, each owned by an account of its name.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [DatabaseRoles.Coordinator, DatabaseRoles.Site];

    /// <summary>The account that PostgreSQL runs as when this process is root, as which it refuses to run. Otherwise it runs as ourselves.</summary>
    public string Account { get; init; } = "postgres";

    /// <summary>Where <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c> are; null to search where packages put them, newest first.</summary>
    public string? BinaryFolder { get; init; }

    /// <summary>Settings over the built-in ones, as in postgresql.conf.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long a start may take, recovery after a crash included.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a fast shutdown may take before it is made an immediate one (which costs a recovery at the next start, no data); zero for
    /// an immediate one from the first.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromMinutes(1);
}

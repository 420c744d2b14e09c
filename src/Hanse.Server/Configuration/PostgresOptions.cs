namespace Hanse.Server.Configuration;

/// <summary>Where the database is.</summary>
public sealed record PostgresOptions
{
    /// <summary>An Npgsql connection string without a database; null makes the process own a private PostgreSQL. A secret: never printed.</summary>
    public string? ConnectionString { get; init; }
}

using Npgsql;

namespace Hanse.Storage;

/// <summary>
/// A PostgreSQL that someone else runs. A connection string that names no database means the one named after the role; one that names a
/// database serves a single role, since two in one database would mix their tables.
/// </summary>
public sealed class ExternalPostgres : PostgresServer
{
    private readonly NpgsqlConnectionStringBuilder _given;
    private string? _holder;

    /// <exception cref="ArgumentException">The connection string is not one; the message names the bad keyword.</exception>
    public ExternalPostgres(string connectionString) => _given = new NpgsqlConnectionStringBuilder(connectionString);

    protected override NpgsqlConnectionStringBuilder Describe(string role)
    {
        var own = new NpgsqlConnectionStringBuilder(_given.ConnectionString);
        own.ApplicationName ??= $"hanse-{role}";
        if (own.Database is null)
        {
            own.Database = role;
            return own;
        }

        var holder = Interlocked.CompareExchange(ref _holder, role, null) ?? role;
        return holder == role
            ? own
            : throw new StorageRefusedException(
                StorageErrorCodes.DatabaseTaken,
                $"The database {own.Database} of the connection string serves the role {holder} and cannot serve {role} as well: each role " +
                "has its own database. Leave the database out of the connection string, and each role uses the one with its own name.");
    }
}

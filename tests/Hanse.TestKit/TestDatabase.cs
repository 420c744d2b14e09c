using Hanse.Storage;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.TestKit;

/// <summary>
/// A database of one test class (or test), on the real PostgreSQL of <see cref="PostgresFixture"/>; dropped when disposed.
/// <code>await using var database = await TestDatabase.CreateAsync(MigrationSet.FromAssembly(typeof(HostStore).Assembly));</code>
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _name;

    private TestDatabase(NpgsqlConnectionStringBuilder connection)
    {
        _name = connection.Database!;
        ConnectionString = connection.ConnectionString;
        DataSource = NpgsqlDataSource.Create(PostgresServer.Prepared(connection));
    }

    public NpgsqlDataSource DataSource { get; }

    public string ConnectionString { get; }

    /// <summary>A database with the schema of the sets and no rows; empty when no set is given.</summary>
    public static async Task<TestDatabase> CreateAsync(params MigrationSet[] sets) => new(await PostgresFixture.CloneAsync(sets));

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await PostgresFixture.DropAsync(_name);
    }
}

using Hanse.TestKit;
using Npgsql;

namespace Hanse.Storage.Tests;

public sealed class ExternalPostgresTests
{
    [Fact]
    public async Task Open_connection_string_with_a_database_serves_one_role_from_it()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var server = new ExternalPostgres(database.ConnectionString);

        await using var command = server.Open(DatabaseRoles.Site).CreateCommand("select current_database()");

        Assert.Equal(new NpgsqlConnectionStringBuilder(database.ConnectionString).Database, await command.ExecuteScalarAsync());
        Assert.Same(server.Open(DatabaseRoles.Site), server.Open(DatabaseRoles.Site));
        var error = Assert.Throws<StorageRefusedException>(() => server.Open(DatabaseRoles.Coordinator));
        Assert.Equal(StorageErrorCodes.DatabaseTaken, error.Code);
    }

    [Fact]
    public async Task Open_connection_string_without_a_database_gives_each_role_its_own()
    {
        await using var server = new ExternalPostgres("Host=db.example;Username=hanse");

        foreach (var role in (string[])[DatabaseRoles.Coordinator, DatabaseRoles.Site])
        {
            Assert.Equal(role, new NpgsqlConnectionStringBuilder(server.Open(role).ConnectionString).Database);
        }
    }

    [Fact]
    public void Constructor_bad_keyword_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new ExternalPostgres("Hots=db.example"));

        Assert.Contains("Hots", error.Message, StringComparison.OrdinalIgnoreCase);
    }
}

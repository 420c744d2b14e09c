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

    [Theory]
    [InlineData("", 1)]
    [InlineData(";Max Auto Prepare=0", 0)]
    public async Task Open_connections_keep_their_plans_unless_the_connection_string_says_otherwise(string given, long plans)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var server = new ExternalPostgres(database.ConnectionString + given);
        await using var connection = await server.Open(DatabaseRoles.Site).OpenConnectionAsync();
        for (var use = 0; use < 3; use++)
        {
            await using var command = new NpgsqlCommand("select @number::integer + 1", connection) { Parameters = { new("number", use) } };
            Assert.Equal(use + 1, await command.ExecuteScalarAsync());
        }

        await using var count = new NpgsqlCommand("select count(*) from pg_prepared_statements where statement like 'select $1::integer + 1'", connection);
        Assert.Equal(plans, await count.ExecuteScalarAsync());
    }

    [Fact]
    public void Constructor_bad_keyword_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new ExternalPostgres("Hots=db.example"));

        Assert.Contains("Hots", error.Message, StringComparison.OrdinalIgnoreCase);
    }
}

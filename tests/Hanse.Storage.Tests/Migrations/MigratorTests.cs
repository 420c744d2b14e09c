using Dapper;
using Hanse.Storage.Migrations;
using Hanse.TestKit;

namespace Hanse.Storage.Tests.Migrations;

public sealed class MigratorTests : IAsyncLifetime
{
    private static readonly Migration First = new(1, "hosts", "create table hosts (id int primary key); insert into hosts values (1);");
    private static readonly Migration Second = new(2, "names", "alter table hosts add column name text;");

    private readonly ManualClock _clock = new();
    private TestDatabase _database = null!;

    private Migrator Migrator => new(_database.DataSource, _clock);

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task ApplyAsync_empty_database_applies_all_in_order_and_then_nothing()
    {
        var set = new MigrationSet("fleet", [Second, First]);

        Assert.Equal(["0001_hosts", "0002_names"], await Migrator.ApplyAsync(set));
        Assert.Empty(await Migrator.ApplyAsync(set));

        await using var connection = await _database.DataSource.OpenConnectionAsync();
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from hosts where name is null"));
        Assert.Equal(
            _clock.GetUtcNow().UtcDateTime,
            await connection.ExecuteScalarAsync<DateTime>("select distinct applied_at from storage_migrations"));
    }

    [Fact]
    public async Task ApplyAsync_older_database_applies_what_is_missing()
    {
        await Migrator.ApplyAsync(new MigrationSet("fleet", [First]));

        Assert.Equal(["0002_names"], await Migrator.ApplyAsync(new MigrationSet("fleet", [First, Second])));
    }

    [Fact]
    public async Task ApplyAsync_newer_database_is_refused_by_name()
    {
        await Migrator.ApplyAsync(new MigrationSet("fleet", [First, Second]));

        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Migrator.ApplyAsync(new MigrationSet("fleet", [First])));

        Assert.Equal(StorageErrorCodes.DatabaseNewer, error.Code);
        Assert.Contains("0002_names", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyAsync_edited_migration_is_refused_by_name_and_nothing_is_applied()
    {
        await Migrator.ApplyAsync(new MigrationSet("fleet", [First]));
        var edited = First with { Sql = "create table hosts (id bigint primary key);" };

        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Migrator.ApplyAsync(new MigrationSet("fleet", [edited, Second])));

        Assert.Equal(StorageErrorCodes.MigrationEdited, error.Code);
        Assert.Contains("0001_hosts", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAppliedAsync());
    }

    [Fact]
    public async Task ApplyAsync_failing_migration_leaves_the_one_before_and_nothing_of_itself()
    {
        var broken = new Migration(2, "broken", "create table half (id int); select * from missing;");

        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Migrator.ApplyAsync(new MigrationSet("fleet", [First, broken])));

        Assert.Equal(StorageErrorCodes.MigrationFailed, error.Code);
        Assert.Contains("0002_broken", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAppliedAsync());
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        Assert.Null(await connection.ExecuteScalarAsync<string?>("select to_regclass('half')::text"));
    }

    [Fact]
    public async Task ApplyAsync_many_migrators_at_once_apply_each_migration_once()
    {
        var set = new MigrationSet("fleet", [First, Second]);

        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Migrator.ApplyAsync(set))));

        Assert.Equal(["0001_hosts", "0002_names"], applied.SelectMany(names => names).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ApplyAsync_two_sets_have_numbers_of_their_own()
    {
        await Migrator.ApplyAsync(new MigrationSet("fleet", [First]));

        Assert.Equal(["0001_other"], await Migrator.ApplyAsync(new MigrationSet("other", [new Migration(1, "other", "create table other (id int)")])));
    }

    private async Task<int> CountAppliedAsync()
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select count(*)::int from storage_migrations");
    }
}

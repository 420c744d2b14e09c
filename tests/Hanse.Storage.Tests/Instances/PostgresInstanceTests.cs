using Dapper;
using Hanse.Storage.Instances;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hanse.Storage.Tests.Instances;

/// <summary>S1 on a real PostgreSQL: what a start makes, what a stop leaves, and whom it lets in.</summary>
public sealed class PostgresInstanceTests : IAsyncLifetime
{
    private readonly InstanceFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Theory]
    [InlineData(DatabaseRoles.Coordinator)]
    [InlineData(DatabaseRoles.Site)]
    public async Task Start_empty_folder_gives_each_role_a_database_it_owns_and_no_more(string role)
    {
        await using var instance = await _folder.StartAsync();
        await using var connection = await instance.Open(role).OpenConnectionAsync();

        Assert.Equal(role, await connection.ExecuteScalarAsync<string>("select current_database()"));
        Assert.Equal(role, await connection.ExecuteScalarAsync<string>("select current_user"));
        Assert.Equal("off", await connection.ExecuteScalarAsync<string>("show is_superuser"));
        await connection.ExecuteAsync("create extension pg_trgm; create table hosts (id int primary key)");

        var other = role == DatabaseRoles.Site ? DatabaseRoles.Coordinator : DatabaseRoles.Site;
        var trespass = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Database = other, Pooling = false };
        await using var trespasser = new NpgsqlConnection(trespass.ConnectionString);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => trespasser.OpenAsync());
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    [Fact]
    public async Task Start_is_durable_and_reached_by_private_socket_alone()
    {
        await using var instance = await _folder.StartAsync();
        await using var connection = await instance.Open(DatabaseRoles.Site).OpenConnectionAsync();

        Assert.Equal("on", await connection.ExecuteScalarAsync<string>("show fsync"));
        Assert.Equal("", await connection.ExecuteScalarAsync<string>("show listen_addresses"));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(instance.SocketFolder));
        Assert.True(File.Exists(instance.LogPath));
    }

    [Fact]
    public async Task Dispose_stops_PostgreSQL_and_the_next_start_finds_the_rows()
    {
        PostmasterFile first;
        await using (var instance = await _folder.StartAsync())
        {
            first = PostmasterFile.Read(_folder.DataFolder)!;
            await using var connection = await instance.Open(DatabaseRoles.Site).OpenConnectionAsync();
            await connection.ExecuteAsync("create table kept (id int); insert into kept values (42)");
        }

        Assert.Null(PostmasterFile.Read(_folder.DataFolder));
        Assert.False(first.IsAlive());
        Assert.False(Directory.Exists(first.SocketFolder));
        await using var again = await _folder.StartAsync();
        Assert.False(again.Adopted);
        await using var check = await again.Open(DatabaseRoles.Site).OpenConnectionAsync();
        Assert.Equal(42, await check.ExecuteScalarAsync<int>("select id from kept"));
    }

    [Fact]
    public async Task Start_after_a_half_done_initdb_makes_the_data_anew()
    {
        var partial = Directory.CreateDirectory(Path.Combine(_folder.Options.Folder, "data.partial"));
        await File.WriteAllTextAsync(Path.Combine(partial.FullName, "PG_VERSION"), "15\n");

        await using var instance = await _folder.StartAsync();

        Assert.False(Directory.Exists(partial.FullName));
        await using var connection = await instance.Open(DatabaseRoles.Site).OpenConnectionAsync();
    }

    [Fact]
    public async Task Start_on_a_folder_in_use_is_refused_and_names_the_process()
    {
        await using var instance = await _folder.StartAsync();

        var error = await Assert.ThrowsAsync<StorageRefusedException>(_folder.StartAsync);

        Assert.Equal(StorageErrorCodes.DataFolderInUse, error.Code);
        Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Options.Folder, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_a_role_without_a_database_is_refused_by_name()
    {
        await using var instance = await _folder.StartAsync();

        var error = Assert.Throws<StorageRefusedException>(() => instance.Open("gateway"));

        Assert.Contains("gateway", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_on_data_of_a_version_not_installed_names_it()
    {
        await (await _folder.StartAsync()).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.DataFolder, "PG_VERSION"), "99\n");

        var error = await Assert.ThrowsAsync<StorageRefusedException>(_folder.StartAsync);

        Assert.Equal(StorageErrorCodes.PostgresMissing, error.Code);
        Assert.Contains("PostgreSQL 99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_with_a_bad_setting_says_what_PostgreSQL_said_and_leaves_no_process()
    {
        var options = _folder.Options with { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["shared_buffers"] = "many" } };

        var error = await Assert.ThrowsAsync<StorageRefusedException>(
            () => PostgresInstance.StartAsync(options, TimeProvider.System, NullLogger.Instance));

        Assert.Equal(StorageErrorCodes.PostgresFailed, error.Code);
        Assert.Contains("shared_buffers", error.Message, StringComparison.Ordinal);
        Assert.Null(PostmasterFile.Read(_folder.DataFolder));
    }
}

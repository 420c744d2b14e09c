using System.Diagnostics;
using Dapper;
using Hanse.Storage.Instances;
using Hanse.TestKit;
using Npgsql;

namespace Hanse.Storage.Tests.Instances;

/// <summary>S1 when things die: the owner by <c>kill -9</c>, PostgreSQL itself, or both, and what they leave behind.</summary>
public sealed class PostgresRecoveryTests : IAsyncLifetime
{
    private readonly InstanceFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task Given_a_live_owner_When_another_process_starts_Then_it_is_refused_by_name()
    {
        using var owner = await OwnerProcess.StartAsync(_folder.Options.Folder);

        var error = await Assert.ThrowsAsync<StorageRefusedException>(_folder.StartAsync);

        Assert.Equal(StorageErrorCodes.DataFolderInUse, error.Code);
        Assert.Contains($"process {owner.Id}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_an_owner_killed_When_started_again_Then_the_same_PostgreSQL_is_adopted_and_can_be_stopped()
    {
        using var owner = await OwnerProcess.StartAsync(_folder.Options.Folder);
        var left = PostmasterFile.Read(_folder.DataFolder)!;
        await owner.KillAsync();
        Assert.True(left.IsAlive());

        await using (var instance = await _folder.StartAsync())
        {
            Assert.True(instance.Adopted);
            Assert.Equal(left.ProcessId, instance.ProcessId);
            await QueryAsync(instance.Open(DatabaseRoles.Coordinator));
        }

        Assert.False(left.IsAlive());
        Assert.Null(PostmasterFile.Read(_folder.DataFolder));
    }

    [Fact]
    public async Task Given_owner_and_PostgreSQL_killed_When_started_again_Then_it_recovers_what_was_committed()
    {
        using var owner = await OwnerProcess.StartAsync(_folder.Options.Folder);
        var left = PostmasterFile.Read(_folder.DataFolder)!;
        await using var connection = new NpgsqlConnection($"Host={left.SocketFolder};Username=site;Database=site;Pooling=false");
        await connection.OpenAsync();
        await connection.ExecuteAsync("create table kept (id int); insert into kept values (42)");
        await owner.KillAsync();
        KillPostgres(left.ProcessId);

        // Its session may live on for a moment: the start has to wait for the orphan, not to fail on it.
        await using var instance = await _folder.StartAsync();

        Assert.False(instance.Adopted);
        await using var check = await instance.Open(DatabaseRoles.Site).OpenConnectionAsync();
        Assert.Equal(42, await check.ExecuteScalarAsync<int>("select id from kept"));
    }

    [Fact]
    public async Task Given_a_stale_pid_file_whose_number_is_another_process_of_the_account_When_started_Then_it_starts()
    {
        await using var neighbourFolder = new InstanceFolder();
        await using var neighbour = await neighbourFolder.StartAsync();
        var file = Path.Combine(_folder.DataFolder, "postmaster.pid");
        string text;
        await using (var first = await _folder.StartAsync())
        {
            text = await File.ReadAllTextAsync(file);
            text = text.Replace($"{first.ProcessId}\n", $"{neighbour.ProcessId}\n", StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(file, text);

        await using var instance = await _folder.StartAsync();

        Assert.False(instance.Adopted);
        await QueryAsync(instance.Open(DatabaseRoles.Site));
        await QueryAsync(neighbour.Open(DatabaseRoles.Site));
    }

    [Fact]
    public async Task Given_an_empty_pid_file_When_started_Then_it_starts()
    {
        await (await _folder.StartAsync()).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.DataFolder, "postmaster.pid"), "");

        await using var instance = await _folder.StartAsync();

        await QueryAsync(instance.Open(DatabaseRoles.Site));
    }

    [Fact]
    public async Task Given_a_running_instance_When_PostgreSQL_dies_Then_it_comes_back_and_the_same_pool_works_again()
    {
        await using var instance = await _folder.StartAsync();
        var pool = instance.Open(DatabaseRoles.Site);
        await QueryAsync(pool);
        var first = instance.ProcessId;

        KillPostgres(first);

        await Wait.For("the pool to answer from a new PostgreSQL", async () =>
        {
            try
            {
                await QueryAsync(pool);
                return instance.ProcessId != first;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Given_an_adoptable_PostgreSQL_whose_socket_is_lost_When_started_Then_it_is_replaced_by_one_that_answers()
    {
        using var owner = await OwnerProcess.StartAsync(_folder.Options.Folder);
        var left = PostmasterFile.Read(_folder.DataFolder)!;
        await owner.KillAsync();
        Directory.Delete(left.SocketFolder, recursive: true);

        await using var instance = await _folder.StartAsync();

        Assert.False(instance.Adopted);
        Assert.False(left.IsAlive());
        await QueryAsync(instance.Open(DatabaseRoles.Site));
    }

    private static void KillPostgres(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
    }

    private static async Task QueryAsync(NpgsqlDataSource pool)
    {
        await using var command = pool.CreateCommand("select 1");
        await command.ExecuteScalarAsync();
    }
}

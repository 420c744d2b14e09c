using Hanse.Storage.Instances;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hanse.Storage.Tests.Instances;

/// <summary>Folders that cannot serve are refused with the folder that is in the way (S1), as root and as an ordinary user.</summary>
public sealed class DataFolderTests : IAsyncLifetime
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly InstanceFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        File.SetUnixFileMode(_folder.Path, OwnerOnly);
        return _folder.DisposeAsync();
    }

    [Fact]
    public async Task Start_below_a_folder_that_the_account_cannot_enter_names_that_folder()
    {
        // Root enters everything and PostgreSQL's account does not; an ordinary user is kept out as such.
        File.SetUnixFileMode(_folder.Path, Environment.IsPrivilegedProcess ? OwnerOnly : UnixFileMode.None);

        var error = await Assert.ThrowsAsync<StorageRefusedException>(_folder.StartAsync);

        Assert.Equal(
            Environment.IsPrivilegedProcess ? StorageErrorCodes.DataFolderUnreachable : StorageErrorCodes.DataFolderForeign, error.Code);
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Contains($"cannot enter {_folder.Path},", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_on_data_of_another_account_is_refused()
    {
        await (await _folder.StartAsync()).DisposeAsync();
        var options = _folder.Options;
        if (Environment.IsPrivilegedProcess)
        {
            options = options with { Account = "nobody" };
            File.SetUnixFileMode(options.Folder, OwnerOnly | UnixFileMode.OtherExecute);
        }
        else
        {
            File.SetUnixFileMode(Path.Combine(options.Folder, "hanse.lock"), UnixFileMode.UserRead);
        }

        var error = await Assert.ThrowsAsync<StorageRefusedException>(
            () => PostgresInstance.StartAsync(options, TimeProvider.System, NullLogger.Instance));

        Assert.Equal(StorageErrorCodes.DataFolderForeign, error.Code);
        Assert.Contains(options.Folder, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrepareAsync_a_parent_too_long_for_a_socket_is_passed_over_for_the_next()
    {
        var account = ServerAccount.Choose("postgres");
        var tooLong = Path.Combine(_folder.Path, new string('x', 80));
        var shortOne = Path.Combine(_folder.Path, "s");

        var chosen = await SocketFolder.PrepareAsync([tooLong, shortOne], "/data", account, CancellationToken.None);

        Assert.StartsWith(shortOne + "/", chosen, StringComparison.Ordinal);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(chosen));
        Assert.False(Directory.Exists(tooLong));
    }

    [Fact]
    public async Task PrepareAsync_no_parent_that_serves_is_refused_with_each_reason()
    {
        var account = ServerAccount.Choose("postgres");
        var tooLong = Path.Combine(_folder.Path, new string('x', 80));
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "");
        var link = Path.Combine(_folder.Path, "link");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "target"));
        File.CreateSymbolicLink(link, Path.Combine(_folder.Path, "target"));

        var error = await Assert.ThrowsAsync<StorageRefusedException>(
            () => SocketFolder.PrepareAsync([tooLong, file, link], "/data", account, CancellationToken.None));

        Assert.Equal(StorageErrorCodes.SocketFolder, error.Code);
        Assert.All(["107", tooLong, file, link, "symbolic link"], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}

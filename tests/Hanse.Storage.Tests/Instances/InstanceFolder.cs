using System.Globalization;
using Hanse.Storage.Instances;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hanse.Storage.Tests.Instances;

/// <summary>
/// A folder for one instance, where the account of PostgreSQL can reach it. Disposing stops what the test left running in it, by
/// adopting it, and removes it.
/// </summary>
internal sealed class InstanceFolder : IAsyncDisposable
{
    private static int _count;

    public InstanceFolder()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"hanse-instance-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Path = System.IO.Path.Combine("/tmp", name);
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
    }

    public string Path { get; }

    public string DataFolder => System.IO.Path.Combine(Path, "postgres", "data");

    public PostgresInstanceOptions Options => new() { Folder = System.IO.Path.Combine(Path, "postgres") };

    public Task<PostgresInstance> StartAsync() => PostgresInstance.StartAsync(Options, TimeProvider.System, NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        if (PostmasterFile.Read(DataFolder)?.IsAlive() == true)
        {
            await using var leftover = await StartAsync();
        }

        Directory.Delete(Path, recursive: true);
    }
}

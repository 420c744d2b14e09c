using System.Diagnostics;
using Hanse.Storage.Instances;
using Hanse.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hanse.Storage.Tests.Instances;

/// <summary>A process of its own that owns a private PostgreSQL, as <c>hanse</c> would, to be killed by a test.</summary>
internal sealed class OwnerProcess : IDisposable
{
    public const string Verb = "own-postgres";

    private const string Ready = "ready";

    private readonly Process _process;

    private OwnerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>What the process does: starts PostgreSQL, says so, and holds it until its input ends.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        await using var instance = await PostgresInstance.StartAsync(
            new PostgresInstanceOptions { Folder = folder }, TimeProvider.System, NullLogger.Instance);
        await Console.Out.WriteLineAsync(Ready);
        await Console.In.ReadLineAsync();
        return 0;
    }

    /// <summary>Starts the process and returns once its PostgreSQL serves.</summary>
    public static async Task<OwnerProcess> StartAsync(string folder)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Hanse.Storage.Tests");
        var process = Process.Start(new ProcessStartInfo(program, [Verb, folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal(Ready, await Wait.ForTask("the owner's PostgreSQL to be ready", process.StandardOutput.ReadLineAsync()));
        return new OwnerProcess(process);
    }

    /// <summary>As <c>kill -9</c> does, and of this process alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Wait.ForTask("the owner to be gone", _process.WaitForExitAsync());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}

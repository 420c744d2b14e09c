namespace Hanse.Server.Hosting;

/// <summary>The roles of this process that were started. If one ends by itself, all are stopped; they stop newest first.</summary>
internal sealed class RunningRoles : IAsyncDisposable
{
    private readonly List<(HostedRole Role, Task Loops)> _running = [];
    private readonly CancellationTokenSource _stop = new();

    public HostedRole? Find(Configuration.ServerRole role) => _running.Select(r => r.Role).FirstOrDefault(r => r.Role == role);

    public async Task StartAsync(HostedRole role, CancellationToken cancellation)
    {
        await role.OpenAsync(role.App.Services, cancellation);
        await role.App.StartAsync(cancellation);
        _running.Add((role, role.RunAsync(role.App.Services, _stop.Token)));
    }

    /// <summary>The exit code: 0 after <paramref name="stop"/>, otherwise the failure of a role is thrown.</summary>
    public async Task<int> WaitAsync(CancellationToken stop)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => asked.TrySetResult());
        var first = await Task.WhenAny([asked.Task, .. _running.Select(r => r.Loops)]);
        await first;
        return Cli.ExitCodes.Ok;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (role, loops) in Enumerable.Reverse(_running))
        {
            await role.StopAsync(role.App.Services);
            await _stop.CancelAsync();
            await role.App.StopAsync(CancellationToken.None);
            await loops.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await role.App.DisposeAsync();
        }

        _stop.Dispose();
    }
}

/// <summary>One role, built: its web application and its life.</summary>
/// <param name="Role">Which.</param>
/// <param name="App">Its own services, listener and socket.</param>
/// <param name="OpenAsync">Before anything is served.</param>
/// <param name="RunAsync">Its loops, until cancelled.</param>
/// <param name="StopAsync">Says goodbye to its peers, while it still serves.</param>
internal sealed record HostedRole(
    Configuration.ServerRole Role, WebApplication App, Func<IServiceProvider, CancellationToken, Task> OpenAsync,
    Func<IServiceProvider, CancellationToken, Task> RunAsync, Func<IServiceProvider, Task> StopAsync);

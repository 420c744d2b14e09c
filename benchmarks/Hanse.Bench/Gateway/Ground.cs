using Hanse.Bench.Gateway.Load;

namespace Hanse.Bench.Gateway;

/// <summary>What stands behind the relays: the upstreams' process, the counter of datagrams, and a folder; all gone when disposed.</summary>
internal sealed class Ground : IAsyncDisposable
{
    private readonly List<LoadProcess> _processes = [];

    private Ground(string folder, IReadOnlyList<(string Name, int Port)> names) => (Folder, Names) = (folder, names);

    internal string Folder { get; }

    /// <summary>Server names, and the upstream's port of each.</summary>
    internal IReadOnlyList<(string Name, int Port)> Names { get; }

    /// <summary>Where datagrams are counted.</summary>
    internal int Counter { get; } = Ports.Free();

    /// <summary>Datagrams that have arrived, once no more come.</summary>
    internal async Task<double> CountedAsync()
    {
        var (before, now) = (-1.0, -2.0);
        // Equal three times in a row, at five a second: what was under way has arrived.
        for (var same = 0; same < 3; same = before == now ? same + 1 : 0)
        {
            before = now;
            List<double[]> ticks;
            while ((ticks = _processes[1].Ticks()).Count == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }

            now = ticks[^1][0];
        }

        return now;
    }

    internal static async Task<Ground> StartAsync()
    {
        var letters = Hellos.Letters.Select((name, i) => (Name: name, Mode: (char)('A' + i), Port: Ports.Free()));
        (string Name, char Mode, int Port)[] upstreams =
            [(Hellos.Echo, UpstreamLoad.Echo, Ports.Free()), (Hellos.Swallow, UpstreamLoad.Swallow, Ports.Free()), .. letters];
        var ground = new Ground(System.IO.Directory.CreateTempSubdirectory("hanse-bench-").FullName, [.. upstreams.Select(u => (u.Name, u.Port))]);
        ground._processes.Add(await LoadProcess.StartAsync([LoadVerb.Upstream, .. upstreams.Select(u => $"{u.Mode}:{u.Port}")]));
        ground._processes.Add(await LoadProcess.StartAsync(LoadVerb.Count, ground.Counter));
        return ground;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        System.IO.Directory.Delete(Folder, recursive: true);
    }
}

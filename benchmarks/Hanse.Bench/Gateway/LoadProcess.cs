using System.Collections.Concurrent;
using System.Globalization;
using Hanse.Bench.Gateway.Load;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Gateway;

/// <summary>A part of the load as a process of its own, and what it tells.</summary>
internal sealed class LoadProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly BenchProcess _process;
    private readonly ConcurrentQueue<double[]> _ticks = new();
    private volatile double[]? _done;
    private volatile bool _ready;

    private LoadProcess(BenchProcess process)
    {
        _process = process;
        process.Said = line =>
        {
            if (line == "ready")
            {
                _ready = true;
            }
            else if (line.StartsWith("done ", StringComparison.Ordinal))
            {
                _done = Numbers(line);
            }
            else if (line.StartsWith("tick ", StringComparison.Ordinal))
            {
                _ticks.Enqueue(Numbers(line));
            }
        };
    }

    internal BenchProcess Process => _process;

    /// <summary>Starts one that stays, and waits until it is ready.</summary>
    internal static async Task<LoadProcess> StartAsync(params object[] arguments)
    {
        var load = Begin(arguments);
        await load._process.UntilAsync("it was ready", () => Task.FromResult(load._ready), Patience);
        return load;
    }

    /// <summary>Runs one to its end. Its figures.</summary>
    internal static async Task<double[]> RunAsync(params object[] arguments)
    {
        await using var load = Begin(arguments);
        await load._process.EndedAsync(Patience);
        return load._done ?? throw new InvalidOperationException($"{load._process.Name} ended without its figures:\n{load._process.Last()}");
    }

    /// <summary>What it has told since the last time.</summary>
    internal List<double[]> Ticks()
    {
        var ticks = new List<double[]>();
        while (_ticks.TryDequeue(out var tick))
        {
            ticks.Add(tick);
        }

        return ticks;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static LoadProcess Begin(object[] arguments) => new(BenchProcess.Start(
        $"the load '{arguments[0]}'", BenchProcess.Program("benchmarks/Hanse.Bench", "Hanse.Bench"), null,
        [LoadVerb.Name, .. arguments.Select(a => Convert.ToString(a, CultureInfo.InvariantCulture)!)]));

    private static double[] Numbers(string line) => [.. line.Split(' ').Skip(1).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
}

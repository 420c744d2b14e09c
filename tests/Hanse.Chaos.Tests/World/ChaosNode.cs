using System.Diagnostics;
using System.Globalization;
using Hanse.Chaos.Tests.Ground;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.World;

/// <summary>One real program on its ground: started, killed and started again on the same data; its log is one file over all its lives. What ends by itself is started
/// again, as a service manager does (Restart=on-failure).</summary>
internal sealed class ChaosNode(string name, string folder, IGround ground, string? clockLibrary, IReadOnlyList<string> program)
{
    private const string Quietly = "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Process? _process;
    private bool _wanted;

    public string Name => name;

    public string Data => Path.Combine(folder, "data");

    public string Log => Path.Combine(folder, "log");

    private string ClockFile => Path.Combine(folder, "clock");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Of the process that was started last.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>Does nothing when it runs: two faults may end at the same moment, and each starts what it had stopped.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _wanted = true;
            if (!IsRunning)
            {
                Launch();
            }
        }
    }

    private async Task WatchAsync(Process process)
    {
        await process.WaitForExitAsync(CancellationToken.None);
        await Task.Delay(RestartPause, TimeProvider.System);
        lock (_gate)
        {
            if (_wanted && process == _process)
            {
                Launch();
            }
        }
    }

    private void Launch()
    {
        Turn(0);
        string[] clock = clockLibrary is null
            ? []
            : ["env", $"LD_PRELOAD={clockLibrary}", $"FAKETIME_TIMESTAMP_FILE={ClockFile}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"];
        var command = ground.CommandFor(name, [.. clock, .. program]);
        var start = new ProcessStartInfo("sh", ["-c", Quietly, "sh", Log, .. command]);
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("HANSE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(variable);
        }

        _process = Process.Start(start)!;
        _ = WatchAsync(_process);
    }

    /// <summary>As the out-of-memory killer would. What it started lives on, as it would.</summary>
    public async Task KillAsync()
    {
        LetGo();
        if (_process is { HasExited: false } process)
        {
            process.Kill(entireProcessTree: false);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>False when there is none just now.</summary>
    public bool KillDatabase()
    {
        if (DatabaseId is not { } id)
        {
            return false;
        }

        try
        {
            using var postmaster = Process.GetProcessById(id);
            postmaster.Kill();
            return true;
        }
        catch (ArgumentException)
        {
            return false; // It ended by itself.
        }
    }

    /// <summary>The wall clock, in seconds from the true time.</summary>
    public void Turn(int seconds) =>
        File.WriteAllText(ClockFile, string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0;+0}"));

    /// <summary>Asks, waits, and only then kills; then the database that a killed server left.</summary>
    public async Task StopAsync()
    {
        LetGo();
        if (_process is { HasExited: false } process)
        {
            await Shell.TryAsync("kill", "-TERM", process.Id.ToString(CultureInfo.InvariantCulture));
            await Task.WhenAny(process.WaitForExitAsync(CancellationToken.None), Task.Delay(Patience, TimeProvider.System));
            await KillAsync();
        }

        if (DatabaseId is { } database)
        {
            await Shell.TryAsync("kill", "-INT", database.ToString(CultureInfo.InvariantCulture));
            await Wait.For($"the database of {name} to end", () => !Directory.Exists($"/proc/{database}"), Patience);
        }

    }

    /// <summary>Whatever ends it from here on, it is not started again: it was meant, or another process has taken its place.</summary>
    public void LetGo()
    {
        lock (_gate)
        {
            _wanted = false;
        }
    }

    public string LogTail() => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(12).Select(l => l.Length > 600 ? l[..600] : l)) : "no log";

    /// <summary>The postmaster's own word, when its process is one.</summary>
    private int? DatabaseId
    {
        get
        {
            try
            {
                var id = int.Parse(File.ReadLines(Path.Combine(Data, "postgres/data/postmaster.pid")).First(), CultureInfo.InvariantCulture);
                return File.ReadAllText($"/proc/{id}/cmdline").Contains(Data, StringComparison.Ordinal) ? id : null;
            }
            catch (Exception none) when (none is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
            {
                return null;
            }
        }
    }
}

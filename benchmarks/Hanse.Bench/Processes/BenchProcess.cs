using System.Diagnostics;
using System.Runtime.InteropServices;
using Hanse.Bench.Harness;

namespace Hanse.Bench.Processes;

/// <summary>A program under measurement: started, read line by line, and asked to end when disposed.</summary>
internal sealed partial class BenchProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Queue<string> _last = new();
    private bool _disposed;

    private BenchProcess(string name, Process process) => (Name, _process) = (name, process);

    public string Name { get; }

    public int Pid => _process.Id;

    /// <summary>Each line of its standard output; set before anything is expected.</summary>
    public Action<string>? Said { get; set; }

    public long Resident => ProcessFigures.Resident(Pid);

    public TimeSpan Cpu => ProcessFigures.Cpu(Pid);

    /// <summary>The program of another project of this checkout, as it was built with this one.</summary>
    public static string Program(string project, string name)
    {
        var path = Path.Combine(Root(), project, "bin", "Release", "net10.0", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built. Run ./bench, which builds it.");
    }

    /// <summary>The checkout that this program was built in.</summary>
    public static string Root()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hanse.slnx")))
        {
            root = root.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} lies in no checkout. Run ./bench.");
        }

        return root.FullName;
    }

    /// <summary>This program once more, for a verb of its own.</summary>
    public static BenchProcess StartSelf(string name, string? input, params string[] arguments) => Start(name, Environment.ProcessPath!, input, arguments);

    public static BenchProcess Start(string name, string program, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("HANSE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(variable);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        var started = new BenchProcess(name, process);
        Leftovers.Add(started);
        process.OutputDataReceived += (_, line) => started.OnLine(line.Data);
        process.ErrorDataReceived += (_, line) => started.OnLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Write(input ?? "");
        process.StandardInput.Close();
        return started;
    }

    /// <summary>Waits for a condition while this process lives.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or the time is up; the message has its last lines.</exception>
    public async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan deadline)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > deadline)
            {
                throw new InvalidOperationException(
                    $"Waited for this in vain: {what}. {Name} {(_process.HasExited ? $"ended with {_process.ExitCode}" : "runs")}; its last lines:\n{Last()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>Without a word, this process alone.</summary>
    public Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        return _process.WaitForExitAsync();
    }

    public Task EndedAsync(TimeSpan deadline) => _process.WaitForExitAsync().WaitAsync(deadline, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        Leftovers.Remove(this);
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        if (!_process.HasExited)
        {
            _ = Kill(Pid, Terminate);
            try
            {
                await EndedAsync(Patience);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_last)
        {
            _last.Enqueue(line);
            if (_last.Count > 20)
            {
                _last.Dequeue();
            }
        }

        Said?.Invoke(line);
    }

    /// <summary>The end of what it said.</summary>
    public string Last()
    {
        lock (_last)
        {
            return string.Join('\n', _last);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hanse.TestKit;

/// <summary>One of the real programs in a process of its own.</summary>
public sealed class RealProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private readonly StringBuilder _output = new();

    private RealProcess(Process process)
    {
        Process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Process Process { get; }

    /// <summary>All that it has said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Path of a program that the test project references.</summary>
    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, name);

    public static RealProcess Start(string program, params string[] arguments) => Start(program, "", arguments);

    /// <param name="program">Path, or a name in PATH.</param>
    /// <param name="input">Its whole standard input; null leaves it open.</param>
    /// <param name="arguments">Each as it is.</param>
    /// <param name="environment">Variables beside those of the test.</param>
    public static RealProcess Start(string program, string? input, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var running = new RealProcess(Process.Start(start)!);
        if (input is not null)
        {
            running.Process.StandardInput.Write(input);
            running.Process.StandardInput.Close();
        }

        return running;
    }

    /// <summary>Its exit code and all it said.</summary>
    public static Task<(int Code, string Output)> RunAsync(string program, string input, params string[] arguments) => RunAsync(program, input, null, arguments);

    /// <param name="program">Path, or a name in PATH.</param>
    /// <param name="input">Its whole standard input.</param>
    /// <param name="patience">How long it may take; null: a minute.</param>
    /// <param name="arguments">Each as it is.</param>
    public static async Task<(int Code, string Output)> RunAsync(string program, string input, TimeSpan? patience, string[] arguments)
    {
        await using var process = Start(program, input, arguments);
        await process.EndedAsync(patience);
        return (process.Process.ExitCode, process.Output);
    }

    public async Task EndedAsync(TimeSpan? patience = null)
    {
        await Wait.ForTask(
            $"{Process.StartInfo.FileName} {string.Join(' ', Process.StartInfo.ArgumentList)} to end", Process.WaitForExitAsync(), patience ?? TimeSpan.FromSeconds(60), () => Output);
    }

    public async Task StopAsync()
    {
        if (!Process.HasExited)
        {
            using var kill = Process.Start("kill", [$"-{Terminate}", Process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            await EndedAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Process.Dispose();
    }

    /// <summary>A port that nobody has, nor the one after it.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                continue;
            }
        }
    }

    private void Add(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
